// Checks Ed25519 signatures where the browser cannot. In a file of its own: it is written with numbers that older browsers do not know at all.

import { verifyAsync } from "@noble/ed25519";

interface Asked {
  readonly number: number;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}
interface Scope {
  onmessage: ((event: MessageEvent<Asked>) => void) | null;
  postMessage(message: { number: number; good: boolean }): void;
}
const scope = self as unknown as Scope;

scope.onmessage = ({ data }) => {
  // RFC 8032 strictly, as the ledger's own program checks: by itself the package would take points of small order too.
  verifyAsync(data.signature, data.message, data.publicKey, { zip215: false })
    .then((good) => scope.postMessage({ number: data.number, good }))
    // What it cannot even read is no good signature; that it reads good ones it has shown before.
    .catch(() => scope.postMessage({ number: data.number, good: false }));
};
