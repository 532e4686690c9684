// npm's standardwebhooks and svix: given a message as it came, do they verify it, do they refuse an altered one, and how do they sign?
import { readFileSync } from "node:fs";
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";

const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
const libraries = { standardwebhooks: Standard, svix: Svix };

function holds(Library, text) {
  try {
    new Library(secret).verify(text, headers);
    return true;
  } catch {
    return false;
  }
}

const verified = {}, altered = {}, signed = {};
for (const [name, Library] of Object.entries(libraries)) {
  verified[name] = holds(Library, body);
  altered[name] = holds(Library, body.replace("{", "{ "));
  const at = new Date(), text = JSON.stringify({ type: "xin chào", by: name }), id = `msg_${name}`;
  const signature = new Library(secret).sign(id, at, text);
  signed[name] = {
    headers: { "webhook-id": id, "webhook-timestamp": `${Math.floor(at / 1000)}`, "webhook-signature": signature },
    body: text,
  };
}
console.log(JSON.stringify({ verified, altered, signed }));
