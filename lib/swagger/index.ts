/**
 * OpenAPI: challenges and requirements in the document, from the metadata of the decorators.
 *
 * @module
 */
export { createStepUpDocument, type StepUpDocumentOptions } from './step-up-document.js';
