export const differences = {};
