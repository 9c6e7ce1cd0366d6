import { useEffect, useRef, useState, type FormEvent } from 'react';
import { consent_text, type Challenge, type ConsentText } from '../api';
import { FlashWarning, type CheckChoices } from './flash_warning';

const kMaxNameLength = 100;

interface Props {
  choices: CheckChoices;
  on_start: (name: string, challenge: Challenge) => void;
  on_sign_in: () => void;
}

/** The whole text whose hash the server records. Without it nobody can agree: the form says so. */
function FullConsentText({ text }: { text: ConsentText | null }) {
  if (!text) return <p className="error" role="status">The consent text cannot be loaded. Reload the page.</p>;
  return (
    <details className="consent-text">
      <summary>Read the consent text ({text.version})</summary>
      <div lang={text.language}>{text.text}</div>
    </details>
  );
}

export function EnrollView({ choices, on_start, on_sign_in }: Props) {
  const [name, set_name] = useState('');
  const [consent, set_consent] = useState(false);
  const [tried, set_tried] = useState(false);
  const [text, set_text] = useState<ConsentText | null | 'loading'>('loading');
  useEffect(() => {
    consent_text().then(set_text, () => set_text(null));
  }, []);
  const name_input = useRef<HTMLInputElement>(null);
  const consent_input = useRef<HTMLInputElement>(null);

  const name_missing = name.trim() === '';
  const start = (challenge: Challenge) => {
    set_tried(true);
    if (name_missing) name_input.current?.focus();
    else if (!consent) consent_input.current?.focus();
    else on_start(name.trim(), challenge);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start('movement_and_light');
  };

  return (
    <form onSubmit={submit} noValidate>
      <h1 tabIndex={-1}>Sign in with your face</h1>
      <p className="lead">First enroll: a ten-second camera check makes sure that you are a live person, then your face is learned.</p>

      <label className="field" htmlFor="name">
        <span>Your name</span>
        <input
          id="name"
          ref={name_input}
          value={name}
          maxLength={kMaxNameLength}
          autoComplete="name"
          placeholder="Ada Guard"
          aria-invalid={tried && name_missing}
          aria-describedby={tried && name_missing ? 'name-error' : undefined}
          onChange={(event) => set_name(event.target.value)}
        />
      </label>
      {tried && name_missing && <p className="error" id="name-error">Please enter the name you want to be greeted with.</p>}

      <label className="consent" htmlFor="consent">
        <input
          id="consent"
          ref={consent_input}
          type="checkbox"
          checked={consent}
          aria-invalid={tried && !consent}
          aria-describedby={tried && !consent ? 'consent-error' : undefined}
          onChange={(event) => set_consent(event.target.checked)}
        />
        <span>
          I agree to the consent text below. In this demo my template is stored, encrypted, for one hour; I can delete it
          at any time.
        </span>
      </label>
      {tried && !consent && <p className="error" id="consent-error">Enrolling needs your consent.</p>}

      {text !== 'loading' && <FullConsentText text={text} />}

      <FlashWarning choices={choices} disabled={text === null} on_movement={() => start('movement')} />
      <div className="actions">
        <button className={choices.calm_first ? 'secondary' : 'primary'} type="submit" disabled={text === null}>Start face check</button>
        <button className="plain" type="button" onClick={on_sign_in}>I am enrolled already</button>
      </div>
      <p className="aside">{choices.other_way}</p>
    </form>
  );
}
