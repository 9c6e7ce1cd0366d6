/** Where a person goes who cannot or does not want to sign in by face: set by whoever embeds the page. */
export interface OtherWay {
  label: string;
  href: string;
}

/** `data-other-way-label` and `data-other-way-href` of the element that the page is mounted in; null where not set. */
export function other_way_of(mount: HTMLElement): OtherWay | null {
  const { otherWayLabel: label, otherWayHref: href } = mount.dataset;
  return label && href ? { label, href } : null;
}

interface LinkProps {
  way: OtherWay | null;
  /** Opens the demo's own page about it. */
  on_open: () => void;
}

export function OtherWayLink({ way, on_open }: LinkProps) {
  if (way) return <a className="other-way" href={way.href}>{way.label}</a>;
  return <button className="link other-way" type="button" onClick={on_open}>Sign in another way</button>;
}

/** The demo has no second way to sign in, and says so. */
export function OtherWayView({ on_back }: { on_back: () => void }) {
  return (
    <>
      <div className="badge neutral" aria-hidden="true">–</div>
      <h1 tabIndex={-1}>Continue without your face</h1>
      <p className="lead">
        Nobody has to use this check. This demo knows faces only, so it ends here: no session is open, the camera is off and
        nothing was stored.
      </p>
      <p>
        An application that signs people in by face offers something else in this place, such as a passkey, a password or a
        person to talk to. Whoever runs this page sets the link with <code>data-other-way-href</code> and{' '}
        <code>data-other-way-label</code>.
      </p>
      <div className="actions">
        <button className="primary" type="button" onClick={on_back}>Back to the start</button>
      </div>
    </>
  );
}
