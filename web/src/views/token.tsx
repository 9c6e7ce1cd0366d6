import { useState } from 'react';
import { claim_meaning, claim_text, decode_token } from '../jwt';

/** The verification token: its header and claims as tables, and the raw text to copy. */
export function TokenView({ token }: { token: string }) {
  const decoded = decode_token(token);
  const [copied, set_copied] = useState<'no' | 'yes' | 'failed'>('no');

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(token);
      set_copied('yes');
    } catch {
      set_copied('failed');
    }
  };

  return (
    <section className="token" aria-labelledby="token-title">
      <div className="token-head">
        <h2 id="token-title">Your token</h2>
        <button className="secondary small" type="button" onClick={() => void copy()}>
          {copied === 'yes' ? 'Copied' : 'Copy token'}
        </button>
      </div>
      <p className="hint" role="status">
        {copied === 'failed'
          ? 'The browser did not allow copying. Select the raw token below.'
          : 'A signed JWT. Any JWT library verifies it with the public keys this server publishes.'}
      </p>
      {decoded && (
        <>
          <ClaimTable caption="Header" values={decoded.header} />
          <ClaimTable caption="Claims" values={decoded.claims} />
        </>
      )}
      <details>
        <summary>Raw token</summary>
        <code className="raw" data-testid="raw-token" tabIndex={0}>{token}</code>
      </details>
    </section>
  );
}

function ClaimTable({ caption, values }: { caption: string; values: Record<string, unknown> }) {
  return (
    <table>
      <caption>{caption}</caption>
      <tbody>
        {Object.entries(values).map(([claim, value]) => (
          <tr key={claim}>
            <th scope="row"><code>{claim}</code>{claim_meaning(claim) && <small>{claim_meaning(claim)}</small>}</th>
            <td>{claim_text(claim, value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
