export * from './sdk.js';
export { ZenWallet as default } from './sdk.js';
