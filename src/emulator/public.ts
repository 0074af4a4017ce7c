/** The package's export `onedrive-webdav/emulator`. All other files in this folder may change at any time. */
export * from './emulator.ts';
export { seedSampleTenant } from './sample-tenant.ts';
export { applyScenario, optionsOf, parseScenario, type Scenario, ScenarioError } from './scenario.ts';
