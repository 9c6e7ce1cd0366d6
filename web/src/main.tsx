import { createRoot } from 'react-dom/client';
import { App } from './app';
import { install_camera_tracking } from './camera';
import { install_local_websocket } from './local_websocket';
import '@aws-amplify/ui-react/styles.css';
import './demo.css';

install_local_websocket(window);
install_camera_tracking(navigator.mediaDevices);

const root = document.getElementById('app');
if (root) createRoot(root).render(<App />);
