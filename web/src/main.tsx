import { createRoot } from 'react-dom/client';
import { App } from './app';
import { install_camera_tracking } from './camera';
import { install_stream_socket } from './stream_socket';
import '@aws-amplify/ui-react/styles.css';
import './demo.css';

install_stream_socket(window);
install_camera_tracking(navigator.mediaDevices);

const root = document.getElementById('app');
if (root) createRoot(root).render(<App />);
