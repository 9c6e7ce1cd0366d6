import { FlashWarning } from './flash_warning';

interface Props {
  on_start: () => void;
  on_enroll: () => void;
}

export function SignInView({ on_start, on_enroll }: Props) {
  return (
    <>
      <h1 tabIndex={-1}>Welcome back</h1>
      <p className="lead">Pass the camera check once more: the server looks for your face among everyone enrolled in the last hour. No name, no password.</p>
      <FlashWarning />
      <div className="actions">
        <button className="primary" type="button" onClick={on_start}>Sign in with your face</button>
        <button className="plain" type="button" onClick={on_enroll}>Enroll first</button>
      </div>
    </>
  );
}
