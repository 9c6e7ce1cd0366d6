import { useEffect, useRef } from 'react';
import { announcement, step_of, useDemo } from './demo_flow';
import { kCancelled } from './problems';
import { CheckView } from './views/check';
import { EnrollView } from './views/enroll';
import { Footer, Header, PrivacyFacts, Steps } from './views/frame';
import { DeletedView, EnrolledView, NotMatchedView, ProblemView, WaitingView } from './views/outcomes';
import { PreflightNotice } from './views/preflight';
import { RecognisedView } from './views/recognised';
import { SignInView } from './views/sign_in';

export function App() {
  const { screen, set_screen, preflight, look_ahead, start, stop, finish } = useDemo();
  const card = useRef<HTMLElement>(null);
  const first_screen = useRef(true);

  useEffect(() => {
    if (first_screen.current) {
      first_screen.current = false;
      return;
    }
    if (screen.name === 'check') return;
    card.current?.querySelector<HTMLElement>('h1')?.focus();
  }, [screen]);

  const to_enroll = () => set_screen({ name: 'enroll' });
  const to_sign_in = () => set_screen({ name: 'sign_in' });

  return (
    <>
      <Header />
      <main>
        <Steps current={step_of(screen)} />
        <PreflightNotice result={preflight} on_retry={look_ahead} />
        <div className="columns">
          <section className="card" ref={card} aria-label="Demo">
            {screen.name === 'enroll' && (
              <EnrollView on_start={(name) => void start({ kind: 'enroll', name })} on_sign_in={to_sign_in} />
            )}
            {screen.name === 'sign_in' && (
              <SignInView on_start={() => void start({ kind: 'verify' })} on_enroll={to_enroll} />
            )}
            {screen.name === 'opening' && <WaitingView title="Preparing your check" text="Asking the server for a fresh challenge." />}
            {screen.name === 'check' && (
              <CheckView
                key={screen.session.session_id}
                session={screen.session}
                purpose={screen.purpose.kind}
                on_complete={() => finish(screen.purpose, screen.session.session_id)}
                on_cancel={() => stop(screen.purpose, kCancelled)}
                on_problem={(problem) => stop(screen.purpose, problem)}
              />
            )}
            {screen.name === 'judging' && <WaitingView title="Checking the result" text="This takes a second or two." />}
            {screen.name === 'problem' && (
              <ProblemView
                problem={screen.problem}
                on_retry={() => void start(screen.purpose)}
                on_back={screen.purpose.kind === 'enroll' ? to_enroll : to_sign_in}
                {...(screen.problem.kind === 'already_enrolled' ? { on_sign_in: to_sign_in } : {})}
              />
            )}
            {screen.name === 'enrolled' && (
              <EnrolledView person={screen.person} on_sign_in={() => void start({ kind: 'verify' })} />
            )}
            {screen.name === 'not_matched' && (
              <NotMatchedView on_retry={() => void start({ kind: 'verify' })} on_enroll={to_enroll} />
            )}
            {screen.name === 'recognised' && (
              <RecognisedView
                result={screen.result}
                on_deleted={(faces) => set_screen({ name: 'deleted', faces })}
                on_again={() => void start({ kind: 'verify' })}
              />
            )}
            {screen.name === 'deleted' && <DeletedView faces={screen.faces} on_enroll={to_enroll} />}
          </section>
          <PrivacyFacts />
        </div>
        <div className="visually-hidden" role="status" aria-live="polite">{announcement(screen)}</div>
      </main>
      <Footer />
    </>
  );
}
