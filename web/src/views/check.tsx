import { FaceLivenessDetectorCore } from '@aws-amplify/ui-react-liveness';
import { useEffect, useMemo, useRef } from 'react';
import type { OpenedSession } from '../api';
import { release_camera } from '../camera';
import { problem_of_widget, type Problem } from '../problems';
import { cancel_stream } from '../stream_socket';

/** Longer than the server allows a session to take; only a stream that died unnoticed gets here. */
const kWatchdogMs = 6.5 * 60_000;

interface Props {
  session: OpenedSession;
  purpose: 'enroll' | 'verify';
  on_complete: () => Promise<void>;
  on_cancel: () => void;
  on_problem: (problem: Problem) => void;
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

/** One liveness session in the AWS widget. Mount it anew, with a new session and an acquired camera, for every attempt. */
export function CheckView({ session, purpose, on_complete, on_cancel, on_problem }: Props) {
  const config = useMemo(() => widget_config(session), [session]);
  const frame = useRef<HTMLDivElement>(null);

  useEffect(() => {
    frame.current?.focus({ preventScroll: true });
    frame.current?.scrollIntoView({ block: 'start' });
    return release_camera;
  }, []);

  const report = useRef(on_problem);
  report.current = on_problem;
  useEffect(() => {
    const watchdog = setTimeout(() => {
      cancel_stream();
      report.current(problem_of_widget('SERVER_ERROR', new Error('timed out')));
    }, kWatchdogMs);
    return () => clearTimeout(watchdog);
  }, []);

  const leave = () => {
    cancel_stream();
    on_cancel();
  };

  return (
    <div className="check" ref={frame} tabIndex={-1} aria-label={purpose === 'enroll' ? 'Camera check to enroll' : 'Camera check to sign in'} role="group">
      <FaceLivenessDetectorCore
        sessionId={session.session_id}
        region={session.region}
        config={config}
        onAnalysisComplete={on_complete}
        onUserCancel={on_cancel}
        onError={({ state, error }) => on_problem(problem_of_widget(state, error))}
      />
      <button className="plain leave" type="button" onClick={leave}>Stop and turn the camera off</button>
    </div>
  );
}
