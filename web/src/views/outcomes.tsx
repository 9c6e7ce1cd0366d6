import type { ReactNode } from 'react';
import type { Problem } from '../problems';

interface WaitingProps {
  title: string;
  text: string;
  on_cancel?: () => void;
}

export function WaitingView({ title, text, on_cancel }: WaitingProps) {
  return (
    <div className="centered">
      <div className="spinner" aria-hidden="true" />
      <h1 tabIndex={-1}>{title}</h1>
      <p>{text}</p>
      {on_cancel && <button className="plain" type="button" onClick={on_cancel}>Cancel</button>}
    </div>
  );
}

interface ProblemProps {
  problem: Problem;
  other_way: ReactNode;
  on_retry: () => void;
  on_back: () => void;
  on_sign_in: () => void;
}

export function ProblemView({ problem, other_way, on_retry, on_back, on_sign_in }: ProblemProps) {
  const enrolled_already = problem.kind === 'already_enrolled';
  return (
    <div data-problem={problem.kind}>
      <div className={`badge ${problem.kind === 'cancelled' ? 'neutral' : 'bad'}`} aria-hidden="true">
        {problem.kind === 'cancelled' ? '–' : '!'}
      </div>
      <h1 tabIndex={-1}>{problem.title}</h1>
      <p className="lead">{problem.text}</p>
      {problem.advice.length > 0 && (
        <ul className="advice">
          {problem.advice.map((line) => <li key={line}>{line}</li>)}
        </ul>
      )}
      <div className="actions">
        {enrolled_already && <button className="primary" type="button" onClick={on_sign_in}>Sign in instead</button>}
        {problem.retry && <button className="primary" type="button" onClick={on_retry}>Try again</button>}
        <button className={problem.retry || enrolled_already ? 'plain' : 'primary'} type="button" onClick={on_back}>Back</button>
      </div>
      {!enrolled_already && <p className="aside">No luck with the camera? {other_way}</p>}
      {problem.request_id && <p className="request-id">Request {problem.request_id}</p>}
    </div>
  );
}

export function EnrolledView({ person, on_sign_in }: { person: string; on_sign_in: () => void }) {
  return (
    <>
      <div className="badge good" aria-hidden="true">✓</div>
      <h1 tabIndex={-1}>You are enrolled, {person}</h1>
      <p className="lead">Your face is learned. Now prove it: sign in with nothing but your face. The same check runs again, with a new oval and new colours.</p>
      <div className="actions">
        <button className="primary" type="button" onClick={on_sign_in}>Sign in with your face</button>
      </div>
    </>
  );
}

interface NotMatchedProps {
  other_way: ReactNode;
  on_retry: () => void;
  on_enroll: () => void;
}

export function NotMatchedView({ other_way, on_retry, on_enroll }: NotMatchedProps) {
  return (
    <div data-problem="not_matched">
      <div className="badge bad" aria-hidden="true">?</div>
      <h1 tabIndex={-1}>We do not know this face</h1>
      <p className="lead">You passed the liveness check, but nobody enrolled here looks enough like you.</p>
      <ul className="advice">
        <li>Demo faces are deleted after one hour. You may have to enroll again.</li>
        <li>Use light like that of the day you enrolled, and take off sunglasses or a mask.</li>
      </ul>
      <div className="actions">
        <button className="primary" type="button" onClick={on_retry}>Try again</button>
        <button className="plain" type="button" onClick={on_enroll}>Enroll</button>
      </div>
      <p className="aside">Not recognised again? {other_way}</p>
    </div>
  );
}

export function DeletedView({ faces, on_enroll }: { faces: number; on_enroll: () => void }) {
  return (
    <>
      <div className="badge good" aria-hidden="true">✓</div>
      <h1 tabIndex={-1}>You are deleted</h1>
      <p className="lead">
        {faces === 1 ? 'Your face template' : `${faces} face templates`} and the key to it are gone from this server. It no longer knows you.
      </p>
      <div className="actions">
        <button className="primary" type="button" onClick={on_enroll}>Start over</button>
      </div>
    </>
  );
}
