// npm's feedsmith: what it reads in our Atom and JSON feeds.
import { readFileSync } from "node:fs";
import { parseAtomFeed, parseJsonFeed } from "feedsmith";

const feeds = JSON.parse(readFileSync(0, "utf8"));
const atom = parseAtomFeed(feeds.atom);
const json = parseJsonFeed(feeds.json);
const text = (title) => (typeof title === "string" ? title : title.value);
console.log(JSON.stringify({
  atom: { titles: atom.entries.map((one) => text(one.title)), ids: atom.entries.map((one) => one.id) },
  json: {
    titles: json.items.map((one) => one.title),
    ids: json.items.map((one) => one.id),
    next: json.next_url,
    version: JSON.parse(feeds.json).version,
  },
}));
