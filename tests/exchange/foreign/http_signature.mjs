// npm's http-message-signatures (RFC 9421): signs a push with a key of its own, and looks at one that was signed elsewhere.
import { createHash, createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSigner, createVerifier, httpbis } from "http-message-signatures";

const { url, kid, body, theirs } = JSON.parse(readFileSync(0, "utf8"));
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const digest = createHash("sha256").update(body).digest("base64");
const signed = await httpbis.signMessage(
  {
    key: createSigner(privateKey, "ed25519", kid),
    fields: ["@method", "@target-uri", "content-digest"],
    params: ["created", "keyid", "alg", "nonce"],
    paramValues: { nonce: randomUUID() },
  },
  { method: "POST", url, headers: { "Content-Type": "application/json", "Content-Digest": `sha-256=:${digest}:` } },
);

async function holds(headers) {
  const key = createPublicKey({ key: theirs.jwk, format: "jwk" });
  try {
    return await httpbis.verifyMessage(
      { keyLookup: async () => ({ id: theirs.jwk.kid, algs: ["ed25519"], verify: createVerifier(key, "ed25519") }) },
      { method: "POST", url, headers },
    );
  } catch {
    return false;
  }
}

const jwk = { ...publicKey.export({ format: "jwk" }), kid };
const altered = { ...theirs.headers, "Content-Digest": `sha-256=:${digest.replace(/^./, (one) => (one === "A" ? "B" : "A"))}:` };
console.log(JSON.stringify({
  jwk,
  headers: signed.headers,
  verified: await holds(theirs.headers),
  altered: await holds(altered),
}));
