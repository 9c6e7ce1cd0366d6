import { useEffect, useState, type RefObject } from 'react';
import { hint_shown } from '../hints';
import { brightness_of, light_of, type Light } from '../light';
import type { LastSeen } from '../problems';

const kLookEveryMs = 500;

const kTexts: Record<Light, string> = {
  covered: 'The camera sees nothing. Open its cover, if it has one, or choose another camera.',
  dark: 'It is too dark to see your face. Turn on a lamp in front of you, or face a window.',
  fine: '',
};

/** Says that the camera sees too little light, until the recording begins; notes in `seen` what the person saw last. */
export function PictureAdvice({ frame, seen }: { frame: RefObject<HTMLElement>; seen: { current: LastSeen } }) {
  const [light, set_light] = useState<Light>('fine');

  useEffect(() => {
    const look = () => {
      const hint = frame.current && hint_shown(frame.current);
      if (!hint) return;
      seen.current.hint = hint;
      const video = frame.current?.querySelector('video');
      const brightness = video && hint !== 'other' ? brightness_of(video) : null;
      // The screen's own colours light the face while it records: nothing is measured then.
      seen.current.light = brightness === null ? 'fine' : light_of(brightness, seen.current.light);
      set_light(seen.current.light);
    };
    const timer = setInterval(look, kLookEveryMs);
    return () => clearInterval(timer);
  }, [frame, seen]);

  return (
    <div role="status" className="picture-advice" data-light={light}>
      {kTexts[light] && <p className="notice warning">{kTexts[light]}</p>}
    </div>
  );
}
