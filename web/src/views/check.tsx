import { FaceLivenessDetectorCore } from '@aws-amplify/ui-react-liveness';
import { useEffect, useMemo, useRef } from 'react';
import type { OpenedSession } from '../api';
import { watch_camera } from '../camera';
import { hint_shown, kHints } from '../hints';
import { camera_lost, offline, problem_of_camera, problem_of_widget, unreachable, type LastSeen, type Problem } from '../problems';
import { cancel_stream, watch_stream } from '../stream_socket';
import { LastFlashWarning } from './flash_warning';
import { PictureAdvice } from './picture_advice';

/** Longer than the server allows a session to take; only a stream that died unnoticed gets here. */
const kWatchdogMs = 6.5 * 60_000;

interface Props {
  session: OpenedSession;
  purpose: 'enroll' | 'verify';
  on_complete: () => Promise<void>;
  on_cancel: () => void;
  on_problem: (problem: Problem) => void;
  /** Leaves this check for one that does not flash; absent where none is offered. */
  on_movement?: (() => void) | undefined;
}

// This page comes from the server that it streams to and loads from, whatever name that server goes by elsewhere.
const on_this_server = (url: string): string => location.origin + new URL(url, location.origin).pathname;

function widget_config(session: OpenedSession) {
  // The SDK asks again and again; one object keeps the chunk signatures in one chain.
  const credentials = { ...session.credentials, expiration: new Date(session.credentials.expiration) };
  return {
    binaryPath: on_this_server(session.assets.wasm_path),
    faceModelUrl: on_this_server(session.assets.face_model_url),
    credentialProvider: () => Promise.resolve(credentials),
    endpointOverride: on_this_server(session.endpoint),
    systemClockOffset: session.clock_offset_ms,
  };
}

/** One liveness session in the AWS widget. Mount it anew, with a new session and an open camera, for every attempt. */
export function CheckView({ session, purpose, on_complete, on_cancel, on_problem, on_movement }: Props) {
  const config = useMemo(() => widget_config(session), [session]);
  const frame = useRef<HTMLDivElement>(null);
  const seen = useRef<LastSeen>({ hint: null, light: 'fine' });

  // Of several reports about one end, as when the camera fails and then the widget, the first is the cause.
  const ended = useRef(false);
  const once = (end: () => void) => {
    if (ended.current) return;
    ended.current = true;
    end();
  };
  const abandon = (end: () => void) => once(() => {
    cancel_stream();
    end();
  });
  const latest = useRef({ report: (_: Problem) => {}, move: () => {} });
  latest.current = { report: (problem) => abandon(() => on_problem(problem)), move: () => abandon(() => on_movement?.()) };

  useEffect(() => {
    frame.current?.scrollIntoView({ block: 'start' });
    const report = (problem: Problem) => latest.current.report(problem);
    const went_offline = () => report(offline);
    const watchdog = setTimeout(() => report(problem_of_widget('SERVER_ERROR', new Error('timed out'), seen.current)), kWatchdogMs);
    const forget_camera = watch_camera({ on_failed: (error) => report(problem_of_camera(error)), on_lost: () => report(camera_lost) });
    const forget_stream = watch_stream(() => report(navigator.onLine ? unreachable : offline));
    window.addEventListener('offline', went_offline);
    return () => {
      clearTimeout(watchdog);
      forget_camera();
      forget_stream();
      window.removeEventListener('offline', went_offline);
    };
  }, []);

  // Its errors are this page's to show, and its warning's button cannot be told from a dialog by a screen reader.
  const movement_offered = on_movement !== undefined;
  const components = useMemo(() => ({
    ErrorView: () => null,
    PhotosensitiveWarning: () => <LastFlashWarning on_movement={movement_offered ? () => latest.current.move() : undefined} />,
  }), [movement_offered]);

  const widget_failed = (state: string, error: unknown) => once(() => {
    const hint = frame.current && hint_shown(frame.current);
    on_problem(problem_of_widget(state, error, { ...seen.current, hint: hint ?? seen.current.hint }));
  });

  return (
    <div className="check" ref={frame}>
      <h1 className="visually-hidden" tabIndex={-1}>{purpose === 'enroll' ? 'Camera check to enroll' : 'Camera check to sign in'}</h1>
      <PictureAdvice frame={frame} seen={seen} />
      <FaceLivenessDetectorCore
        sessionId={session.session_id}
        region={session.region}
        config={config}
        displayText={kHints}
        components={components}
        onAnalysisComplete={async () => {
          if (ended.current) return;
          ended.current = true;
          await on_complete();
        }}
        onUserCancel={() => once(on_cancel)}
        onError={({ state, error }) => widget_failed(state, error)}
      />
      <button className="plain leave" type="button" onClick={() => abandon(on_cancel)}>Stop and turn the camera off</button>
    </div>
  );
}
