export {
  type RequirementsPerToolOptions,
  requirementsPerTool,
  type ToolRequirements,
} from './requirements-per-tool.js';
