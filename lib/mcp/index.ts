/**
 * Requirements per tool for a controller that serves the Model Context Protocol.
 *
 * @module
 */
export {
  type RequirementsPerToolOptions,
  requirementsPerTool,
  type ToolRequirements,
} from './requirements-per-tool.js';
