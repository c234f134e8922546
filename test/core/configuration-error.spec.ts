import { StepUpConfigurationError } from '../../lib/core/index.js';

test('a StepUpConfigurationError is a TypeError that has its own name', () => {
  expect(new StepUpConfigurationError('x')).toBeInstanceOf(TypeError);
  expect(String(new StepUpConfigurationError('x'))).toBe('StepUpConfigurationError: x');
});
