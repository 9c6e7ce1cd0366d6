/** Shown before any camera step: the check flashes colours. */
export function FlashWarning() {
  return (
    <p className="notice warning" role="note">
      <strong>Flashing colours.</strong> The check fills your screen with changing colours for about four seconds.
      Do not take it if you, or someone beside you, are sensitive to flashing light.
    </p>
  );
}
