import { insecure, unsupported, type Problem } from './problems';

/** What the check needs and this browser lacks, in words. */
export function missing_features(): string[] {
  const scope: Partial<typeof globalThis> = globalThis;
  const found: [string, boolean][] = [
    ['access to a camera', typeof navigator.mediaDevices?.getUserMedia === 'function'],
    ['video recording', scope.MediaRecorder !== undefined],
    ['WebSockets', scope.WebSocket !== undefined],
    ['WebAssembly', scope.WebAssembly !== undefined],
  ];
  return found.filter(([, there]) => !there).map(([name]) => name);
}

/** What keeps a check from even starting here; null when nothing does. Browsers hide the camera from plain http. */
export function obstacle(): Problem | null {
  if (!window.isSecureContext) return insecure;
  const missing = missing_features();
  return missing.length > 0 ? unsupported(missing) : null;
}
