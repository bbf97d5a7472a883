import ZenWallet from './index.js';

export default ZenWallet;
export const {
  ZenWalletError,
  APIError,
  InvalidRequestError,
  AuthenticationError,
  PermissionDeniedError,
  ConflictError,
  IdempotencyError,
  RateLimitError,
  ServerError,
  ConnectionError,
  TimeoutError,
  InvalidResponseError,
  SignatureVerificationError,
} = ZenWallet;
export { ZenWallet };
