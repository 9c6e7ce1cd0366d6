import { useEffect, useRef } from 'react';
import { announcement, step_of, useDemo, type Screen } from './demo_flow';
import { CheckView } from './views/check';
import { EnrollView } from './views/enroll';
import { Footer, Header, PrivacyFacts, Steps } from './views/frame';
import { OtherWayLink, OtherWayView, type OtherWay } from './views/other_way';
import { DeletedView, EnrolledView, NotMatchedView, ProblemView, WaitingView } from './views/outcomes';
import { PreflightNotice } from './views/preflight';
import { RecognisedView } from './views/recognised';
import { SignInView } from './views/sign_in';

const kName = 'FaceGate demo';

/** Takes the focus to the heading of a new screen, and its words to the window's title. Returns the place to look in. */
function useHeading(screen: Screen) {
  const card = useRef<HTMLElement>(null);
  const first_screen = useRef(true);
  useEffect(() => {
    const heading = card.current?.querySelector<HTMLElement>('h1');
    if (heading && !first_screen.current) {
      document.title = `${heading.innerText} – ${kName}`;
      heading.focus({ preventScroll: screen.name === 'check' });
    }
    first_screen.current = false;
  }, [screen]);
  return card;
}

/** `way`: what the page offers to whoever cannot or will not sign in by face; null for the demo's own words on it. */
export function App({ way }: { way: OtherWay | null }) {
  const { screen, go, preflight, look_ahead, start, stop, cancel, finish, movement_allowed } = useDemo();
  const card = useHeading(screen);

  const to_enroll = () => go({ name: 'enroll' });
  const to_sign_in = () => go({ name: 'sign_in' });
  const other_way = <OtherWayLink way={way} on_open={() => go({ name: 'other_way' })} />;
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  const choices = { movement: movement_allowed, calm_first: calm && movement_allowed, other_way };

  return (
    <>
      <Header />
      <main>
        <Steps current={step_of(screen)} />
        <PreflightNotice result={preflight} on_retry={look_ahead} />
        <div className="columns">
          <section className="card" ref={card} aria-label="Demo">
            {screen.name === 'enroll' && (
              <EnrollView
                choices={choices}
                on_start={(name, challenge) => void start({ kind: 'enroll', name, challenge })}
                on_sign_in={to_sign_in}
              />
            )}
            {screen.name === 'sign_in' && (
              <SignInView choices={choices} on_start={(challenge) => void start({ kind: 'verify', challenge })} on_enroll={to_enroll} />
            )}
            {screen.name === 'other_way' && <OtherWayView on_back={to_enroll} />}
            {screen.name === 'opening' && (
              <WaitingView title="Preparing your check" text="If your browser asks for the camera, allow it." on_cancel={() => cancel(screen.purpose)} />
            )}
            {screen.name === 'check' && (
              <CheckView
                key={screen.session.session_id}
                session={screen.session}
                purpose={screen.purpose.kind}
                on_complete={() => finish(screen.purpose, screen.session.session_id)}
                on_cancel={() => cancel(screen.purpose)}
                on_problem={(problem) => stop(screen.purpose, problem)}
                on_movement={movement_allowed ? () => void start({ ...screen.purpose, challenge: 'movement' }) : undefined}
              />
            )}
            {screen.name === 'judging' && <WaitingView title="Checking the result" text="This takes a second or two." />}
            {screen.name === 'problem' && (
              <ProblemView
                problem={screen.problem}
                other_way={other_way}
                on_retry={() => void start(screen.purpose)}
                on_back={screen.purpose.kind === 'enroll' ? to_enroll : to_sign_in}
                on_sign_in={to_sign_in}
              />
            )}
            {screen.name === 'enrolled' && (
              <EnrolledView person={screen.person} on_sign_in={() => void start({ kind: 'verify', challenge: screen.challenge })} />
            )}
            {screen.name === 'not_matched' && (
              <NotMatchedView
                other_way={other_way}
                on_retry={() => void start({ kind: 'verify', challenge: screen.challenge })}
                on_enroll={to_enroll}
              />
            )}
            {screen.name === 'recognised' && (
              <RecognisedView
                result={screen.result}
                on_deleted={(faces) => go({ name: 'deleted', faces })}
                on_again={() => void start({ kind: 'verify', challenge: screen.challenge })}
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
