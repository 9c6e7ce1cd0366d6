import { createRoot } from 'react-dom/client';
import { App } from './app';
import { install_camera } from './camera';
import { install_stream_socket } from './stream_socket';
import { other_way_of } from './views/other_way';
import '@aws-amplify/ui-react/styles.css';
import './demo.css';

install_stream_socket(window);
install_camera(navigator.mediaDevices);

const root = document.getElementById('app');
if (root) createRoot(root).render(<App way={other_way_of(root)} />);
