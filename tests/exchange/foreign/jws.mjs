// npm's jose and canonicalize: do they find digest and signature of an envelope right, do they see it altered, and what do they sign?
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import canonicalize from "canonicalize";
import { createLocalJWKSet, exportJWK, FlattenedSign, flattenedVerify, generateKeyPair, calculateJwkThumbprint } from "jose";

const { envelope, jwks } = JSON.parse(readFileSync(0, "utf8"));
const bytes = (value) => new TextEncoder().encode(canonicalize(value));
const covered = ({ content, identifiers, rights }) =>
  Object.fromEntries(Object.entries({ content, identifiers, rights }).filter(([, value]) => value !== undefined));
const signed = ({ via, jws, ...rest }) => rest;
const digest = (one) => createHash("sha256").update(bytes(covered(one))).digest("hex");

async function holds(one) {
  const [head, , signature] = one.jws.split(".");
  const payload = Buffer.from(bytes(signed(one))).toString("base64url");
  try {
    await flattenedVerify({ protected: head, payload, signature }, createLocalJWKSet(jwks));
    return true;
  } catch {
    return false;
  }
}

const { publicKey, privateKey } = await generateKeyPair("Ed25519", { extractable: true });
const key = await exportJWK(publicKey);
key.kid = await calculateJwkThumbprint(key);
const theirs = structuredClone(envelope);
theirs.content.title = "Máy ép “dầu” \u{1F33E} e\u0301 \\ /";
theirs.origin.content_sha256 = digest(theirs);
const made = await new FlattenedSign(bytes(signed(theirs))).setProtectedHeader({ alg: "Ed25519", kid: key.kid }).sign(privateKey);
theirs.jws = `${made.protected}..${made.signature}`;

console.log(JSON.stringify({
  digest: digest(envelope) === envelope.origin.content_sha256,
  verified: await holds(envelope),
  relayed: await holds({ ...envelope, via: [{ authority: "san.khac.vn", received: "2026-11-29T00:00:00Z" }] }),
  altered: await holds({ ...envelope, kind: "need" }),
  theirs,
  key,
}));
