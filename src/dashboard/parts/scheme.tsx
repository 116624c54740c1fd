// Dark or light: as the system has it, or as it was chosen here.

import type { ComponentChildren } from 'preact';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

export const SCHEMES = ['auto', 'light', 'dark'] as const;
export type SchemeChoice = (typeof SCHEMES)[number];

export interface Scheme {
  readonly choice: SchemeChoice;
  readonly effective: 'light' | 'dark';
  choose(choice: SchemeChoice): void;
}

const KEY = 'tidemill.scheme';

const SchemeContext = createContext<Scheme>({ choice: 'auto', effective: 'light', choose: () => {} });

export function useScheme(): Scheme {
  return useContext(SchemeContext);
}

export function SchemeProvider({ children }: { readonly children: ComponentChildren }) {
  const [choice, setChoice] = useState<SchemeChoice>(() => {
    const kept = localStorage.getItem(KEY);
    return SCHEMES.find((each) => each === kept) ?? 'auto';
  });
  const [isDark, setIsDark] = useState(() => matchMedia(DARK).matches);
  useEffect(() => {
    const query = matchMedia(DARK);
    const onChange = () => setIsDark(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  const effective = choice === 'auto' ? (isDark ? 'dark' : 'light') : choice;
  // Before the charts below look which colours there are.
  document.documentElement.dataset['scheme'] = effective;
  const choose = (chosen: SchemeChoice) => {
    localStorage.setItem(KEY, chosen);
    setChoice(chosen);
  };
  return <SchemeContext.Provider value={{ choice, effective, choose }}>{children}</SchemeContext.Provider>;
}

const DARK = '(prefers-color-scheme: dark)';
