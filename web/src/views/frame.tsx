export type Step = 'enroll' | 'sign_in' | 'recognised';

const kSteps: { id: Step; label: string }[] = [
  { id: 'enroll', label: 'Enroll' },
  { id: 'sign_in', label: 'Sign in' },
  { id: 'recognised', label: 'Recognised' },
];

export function Header() {
  return (
    <header className="bar">
      <a className="brand" href="/demo" aria-label="FaceGate demo, start over">
        <img src="/assets/icon.svg" alt="" width="28" height="28" />
        <span>FaceGate</span>
      </a>
      <span className="pill">Demo</span>
      <nav aria-label="Documentation">
        <a href="/openapi.json">API description</a>
      </nav>
    </header>
  );
}

export function Steps({ current }: { current: Step }) {
  const position = kSteps.findIndex((step) => step.id === current);
  return (
    <ol className="steps" aria-label="Progress">
      {kSteps.map((step, index) => (
        <li
          key={step.id}
          className={index < position ? 'done' : index === position ? 'now' : ''}
          aria-current={index === position ? 'step' : undefined}
        >
          <span className="dot" aria-hidden="true">{index < position ? '✓' : index + 1}</span>
          {step.label}
        </li>
      ))}
    </ol>
  );
}

export function PrivacyFacts() {
  return (
    <aside className="facts" aria-label="Privacy">
      <h2>What happens to your face</h2>
      <dl>
        <div>
          <dt>No image is kept</dt>
          <dd>The video is judged in memory and dropped. Only a template, a list of numbers computed from your face, is stored.</dd>
        </div>
        <div>
          <dt>Encrypted, under a key of your own</dt>
          <dd>Deleting you destroys that key, and with it the template.</dd>
        </div>
        <div>
          <dt>Gone after one hour</dt>
          <dd>Demo faces are deleted one hour after enrolling, or at once when you ask for it.</dd>
        </div>
        <div>
          <dt>Stays on this server</dt>
          <dd>Nothing on this page talks to any other host: no cloud service, no trackers, no cookies.</dd>
        </div>
      </dl>
    </aside>
  );
}

export function Footer() {
  return (
    <footer>
      <p>Self-hosted face sign-in. The liveness check is the AWS Amplify widget, unmodified, streaming to this server.</p>
      <p><a href="/assets/licenses.txt">Licences</a></p>
    </footer>
  );
}
