export { createStepUpDocument, type StepUpDocumentOptions } from './step-up-document.js';
