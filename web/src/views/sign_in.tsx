import type { Challenge } from '../api';
import { FlashWarning, type CheckChoices } from './flash_warning';

interface Props {
  choices: CheckChoices;
  on_start: (challenge: Challenge) => void;
  on_enroll: () => void;
}

export function SignInView({ choices, on_start, on_enroll }: Props) {
  return (
    <>
      <h1 tabIndex={-1}>Welcome back</h1>
      <p className="lead">Pass the camera check once more: the server looks for your face among everyone enrolled in the last hour. No name, no password.</p>
      <FlashWarning choices={choices} on_movement={() => on_start('movement')} />
      <div className="actions">
        <button className={choices.calm_first ? 'secondary' : 'primary'} type="button" onClick={() => on_start('movement_and_light')}>Sign in with your face</button>
        <button className="plain" type="button" onClick={on_enroll}>Enroll first</button>
      </div>
      <p className="aside">{choices.other_way}</p>
    </>
  );
}
