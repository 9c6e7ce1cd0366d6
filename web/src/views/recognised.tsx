import { useState } from 'react';
import { delete_me, type Recognised } from '../api';
import { problem_of_request } from '../problems';
import { TokenView } from './token';

interface Props {
  result: Recognised;
  on_deleted: (faces: number) => void;
  on_again: () => void;
}

export function RecognisedView({ result, on_deleted, on_again }: Props) {
  return (
    <>
      <div className="badge good" aria-hidden="true">✓</div>
      <h1 tabIndex={-1}>Hello {result.user.name}</h1>
      <p className="lead">You are signed in, recognised by your face alone.</p>
      <dl className="figures">
        <div>
          <dt>Match confidence</dt>
          <dd>{result.confidence.toFixed(1)}<small> %</small></dd>
        </div>
        <div>
          <dt>Risk</dt>
          <dd className={`risk ${result.risk.level}`}>{result.risk.score.toFixed(2)}<small> {result.risk.level}</small></dd>
        </div>
        <div>
          <dt>Role</dt>
          <dd>{result.user.role}</dd>
        </div>
      </dl>
      {result.risk.step_up_required && (
        <p className="notice warning" role="note">
          <strong>One more step.</strong> This server asks for a second proof, such as a passkey, before it trusts this sign-in.
        </p>
      )}
      <TokenView token={result.verification_token} />
      <DeleteMe token={result.verification_token} on_deleted={on_deleted} on_again={on_again} />
    </>
  );
}

function DeleteMe({ token, on_deleted, on_again }: { token: string; on_deleted: (faces: number) => void; on_again: () => void }) {
  const [state, set_state] = useState<'idle' | 'asking' | 'deleting'>('idle');
  const [trouble, set_trouble] = useState('');

  const remove = async () => {
    set_state('deleting');
    set_trouble('');
    try {
      on_deleted((await delete_me(token)).faces_deleted);
    } catch (error) {
      const problem = problem_of_request(error);
      set_trouble(`${problem.title}. ${problem.text}`);
      set_state('idle');
    }
  };

  return (
    <div className="delete-me">
      {trouble && <p className="error" role="alert">{trouble}</p>}
      {state === 'idle' ? (
        <div className="actions">
          <button className="secondary" type="button" onClick={on_again}>Sign in again</button>
          <button className="danger" type="button" onClick={() => set_state('asking')}>Delete me</button>
        </div>
      ) : (
        <div className="actions" role="group" aria-label="Confirm deletion">
          <span>Delete your name and face template now?</span>
          <button className="danger filled" type="button" autoFocus disabled={state === 'deleting'} onClick={() => void remove()}>
            {state === 'deleting' ? 'Deleting…' : 'Yes, delete'}
          </button>
          <button className="plain" type="button" disabled={state === 'deleting'} onClick={() => set_state('idle')}>Keep</button>
        </div>
      )}
    </div>
  );
}
