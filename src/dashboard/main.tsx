// The dashboard's entry: a session, then the page.
import { render } from 'preact';
import { App } from './app.tsx';
import { Session } from './data/session.ts';
import './style.css';

const session = new Session({
  storage: sessionStorage,
  fragment: () => location.hash,
  replaceFragment: (fragment) => history.replaceState(null, '', fragment),
});
const place = document.getElementById('app');
if (place === null) throw new Error('found no element #app in the page');
place.replaceChildren();
render(<App session={session} />, place);
