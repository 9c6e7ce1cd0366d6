import type { ReactNode } from 'react';

const kTitle = 'Flashing coloured light';
const kWho = 'People with photosensitive epilepsy, or with epilepsy in their family, can have a seizure from such light. Do not take this check if that may be you or somebody beside you.';

/** Which checks a start screen offers. */
export interface CheckChoices {
  /** The server allows the check that does not flash. */
  movement: boolean;
  /** The device asks for less motion, and there is a check without flashing: that one comes first. */
  calm_first: boolean;
  /** For whoever cannot take any of them. */
  other_way: ReactNode;
}

interface Props {
  choices: CheckChoices;
  disabled?: boolean;
  /** Starts the check that does not flash. */
  on_movement: () => void;
}

/** Shown before any camera step: the check flashes colours, and what to do about it. */
export function FlashWarning({ choices, disabled = false, on_movement }: Props) {
  return (
    <section className="notice warning" aria-labelledby="flash-title">
      <h2 id="flash-title">{kTitle}</h2>
      <p>In this check the screen flashes coloured light for about four seconds. {kWho}</p>
      {choices.movement ? (
        <>
          <p>
            {choices.calm_first && 'Your device asks for less motion. '}
            Without flashing you only move towards the screen. That proves a little less, and the sign-in says so.
          </p>
          <button className={choices.calm_first ? 'primary' : 'secondary'} type="button" disabled={disabled} onClick={on_movement}>
            Use the check without flashing
          </button>
        </>
      ) : (
        <p>A check without flashing is not offered here: please sign in another way.</p>
      )}
    </section>
  );
}

/** The same once more in the widget's own place for it, right above its start button. */
export function LastFlashWarning({ on_movement }: { on_movement?: (() => void) | undefined }) {
  return (
    <section className="notice warning last-warning" aria-label={kTitle}>
      <p><strong>The screen will flash coloured light</strong> for about four seconds.</p>
      <details>
        <summary>More about photosensitivity</summary>
        <p>{kWho}</p>
      </details>
      {on_movement && <button className="secondary" type="button" onClick={on_movement}>Use the check without flashing</button>}
    </section>
  );
}
