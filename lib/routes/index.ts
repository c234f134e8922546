export { runRoutes } from './command.js';
