// An OpenID Connect provider as an organisation has one: a page that asks, codes for one use, signed tokens.
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer } from "node:http";

// oidcProvider gives { origin, person, close() }; person is who signs in next.
export async function oidcProvider() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const codes = new Map();
  const self = { person: "" };
  const pages = {
    "/.well-known/openid-configuration": () => ({
      issuer: self.origin,
      authorization_endpoint: `${self.origin}/auth`,
      token_endpoint: `${self.origin}/token`,
      jwks_uri: `${self.origin}/keys`,
      id_token_signing_alg_values_supported: ["RS256"],
    }),
    "/keys": () => ({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "one", alg: "RS256", use: "sig" }] }),
    "/auth": (asked) => {
      const code = randomUUID();
      codes.set(code, Object.fromEntries(asked));
      const back = new URL(asked.get("redirect_uri"));
      back.searchParams.set("code", code);
      back.searchParams.set("state", asked.get("state"));
      return `<!doctype html><title>Sign in</title><a id="agree" href="${back.href.replaceAll("&", "&amp;")}">Agree</a>`;
    },
    "/token": (sent) => {
      const asked = codes.get(sent.get("code"));
      codes.delete(sent.get("code"));
      const challenge = createHash("sha256")
        .update(sent.get("code_verifier") ?? "")
        .digest("base64url");
      if (challenge !== asked?.code_challenge) return undefined;
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: self.origin, sub: self.person, aud: asked.client_id, nonce: asked.nonce, iat: now };
      return {
        access_token: "x",
        token_type: "Bearer",
        id_token: token(privateKey, { ...claims, exp: now + 60, preferred_username: self.person }),
      };
    },
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, self.origin);
    let body = "";
    for await (const part of request) body += part;
    const answer = pages[url.pathname]?.(request.method === "POST" ? new URLSearchParams(body) : url.searchParams);
    const html = typeof answer === "string";
    if (url.pathname === "/favicon.ico") return response.writeHead(204).end();
    response.writeHead(answer ? 200 : 400, { "Content-Type": html ? "text/html" : "application/json" });
    response.end(html ? answer : JSON.stringify(answer ?? { error: "invalid_grant" }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  self.origin = `http://127.0.0.1:${server.address().port}`;
  self.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return self;
}

function token(key, claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", kid: "one", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), key).toString("base64url")}`;
}
