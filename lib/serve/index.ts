export { runServe } from './serve-command.js';
export { runToken } from './token-command.js';
