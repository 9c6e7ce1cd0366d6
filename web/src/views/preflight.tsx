import type { Preflight } from '../api';
import { missing_features } from '../browser_support';

interface Props {
  result: Preflight | 'unreachable' | null;
  on_retry: () => void;
}

function problems_of(result: Preflight | 'unreachable'): string[] {
  if (result === 'unreachable') return ['The server cannot be reached. It may be starting.'];
  const lines: string[] = [];
  if (!window.isSecureContext || !result.checks.camera_origin_secure) {
    lines.push('Browsers open the camera only over https or on localhost. Open this page at such an address.');
  } else {
    lines.push(...missing_features().map((feature) => `This browser does not offer ${feature}, which the check needs.`));
  }
  if (!result.checks.provider) lines.push('The face engine of this server is not ready.');
  if (!result.checks.assets) lines.push('Files of the camera check are missing on this server.');
  return lines;
}

/** Says what would keep the check from working, before anyone starts it. Shows nothing when all is well. */
export function PreflightNotice({ result, on_retry }: Props) {
  const problems = result === null ? [] : problems_of(result);
  if (problems.length === 0) return null;
  return (
    <div className="notice bad preflight" role="alert">
      <div>
        <strong>The demo cannot run as it is.</strong>
        <ul>{problems.map((line) => <li key={line}>{line}</li>)}</ul>
      </div>
      <button className="secondary" type="button" onClick={on_retry}>Check again</button>
    </div>
  );
}
