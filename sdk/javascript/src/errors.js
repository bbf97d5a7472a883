'use strict';

const MAX_MESSAGE_CHARS = 1000;
const MAX_EXCERPT_CHARS = 200;

/** Whatever goes wrong here is one of these. */
class ZenWalletError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No answer: no connection, or one that broke off. `cause` is what the platform says of it. */
class ConnectionError extends ZenWalletError {}

/** No whole answer in time. */
class TimeoutError extends ConnectionError {}

/** A success that is not the JSON it should be, or is too large. */
class InvalidResponseError extends ZenWalletError {}

/** A webhook that is not ours; `reason` tells why. */
class SignatureVerificationError extends ZenWalletError {
  constructor(reason, message) {
    super(`${reason}: ${message}`);
    this.reason = reason;
  }
}

/** The gateway, or something before it, answered with an error. */
class APIError extends ZenWalletError {
  constructor(message, told) {
    super(message);
    Object.assign(this, told);
  }
}

/** 400, 404, 405, 413, 415 and any other 4xx or 3xx. */
class InvalidRequestError extends APIError {}
/** 401. */
class AuthenticationError extends APIError {}
/** 403. */
class PermissionDeniedError extends APIError {}
/** 409; `payment` is the payment as it is. */
class ConflictError extends APIError {}
/** 422. */
class IdempotencyError extends APIError {}
/** 429; `retry_after_s` is how long to wait. */
class RateLimitError extends APIError {}
/** 5xx. */
class ServerError extends APIError {}

const CLASS_OF_STATUS = {
  401: AuthenticationError,
  403: PermissionDeniedError,
  409: ConflictError,
  422: IdempotencyError,
  429: RateLimitError,
};
/** For errors told within a stream, which have no status. */
const CLASS_OF_TYPE = {
  authentication_error: AuthenticationError,
  permission_error: PermissionDeniedError,
  conflict_error: ConflictError,
  idempotency_error: IdempotencyError,
  rate_limit_error: RateLimitError,
  api_error: ServerError,
};

/** The error of an answer. `headers` has `get`, `retryAfterS` is what its Retry-After comes to. */
function errorOfAnswer(status, headers, text, retryAfterS) {
  const ErrorClass = CLASS_OF_STATUS[status] ?? (status >= 500 ? ServerError : InvalidRequestError);
  const told = readError(text);
  const message = told?.message ?? `HTTP ${status}: ${excerpt(text)}`;
  const error = new ErrorClass(message, {
    status,
    ...told?.members,
    errors: told?.members.errors ?? [],
    request_id: told?.members.request_id ?? headers.get('request-id') ?? undefined,
  });
  if (ErrorClass === RateLimitError) error.retry_after_s = retryAfterS;
  return error;
}

/** The error of a last `stream.end`, or undefined when its data is no error of ours. */
function errorOfStreamEnd(text) {
  const told = readError(text);
  if (told === undefined) return undefined;
  const ErrorClass = CLASS_OF_TYPE[told.members.type] ?? InvalidRequestError;
  return new ErrorClass(told.message, { errors: [], ...told.members });
}

/** What an error body of ours tells; members of the wrong kind count as absent. */
function readError(text) {
  let error;
  try {
    error = JSON.parse(text)?.error;
  } catch {
    return undefined;
  }
  if (typeof error?.code !== 'string' || typeof error.message !== 'string') return undefined;
  const members = { code: error.code };
  for (const name of ['type', 'param', 'doc_url', 'request_id']) {
    if (typeof error[name] === 'string') members[name] = error[name];
  }
  if (Array.isArray(error.errors)) members.errors = error.errors.filter(isObject);
  if (isObject(error.payment)) members.payment = error.payment;
  return { message: error.message.slice(0, MAX_MESSAGE_CHARS), members };
}

/** The beginning of a foreign body on one line, so that it cannot forge lines of a log. */
function excerpt(text) {
  const line = text.slice(0, MAX_EXCERPT_CHARS).replace(/\p{Cc}+/gu, ' ');
  return text.length > MAX_EXCERPT_CHARS ? `${line}…` : line || '(no body)';
}

/** A JSON object: neither null nor an array. */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

module.exports = {
  classes: {
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
  },
  errorOfAnswer,
  errorOfStreamEnd,
  isObject,
};
