import * as sdk from './sdk';

// `require` gives the class itself; everything else hangs on it.
declare class ZenWallet extends sdk.ZenWallet {
  static readonly default: typeof ZenWallet;
}

declare namespace ZenWallet {
  export import ZenWallet = sdk.ZenWallet;
  export import ZenWalletError = sdk.ZenWalletError;
  export import APIError = sdk.APIError;
  export import InvalidRequestError = sdk.InvalidRequestError;
  export import AuthenticationError = sdk.AuthenticationError;
  export import PermissionDeniedError = sdk.PermissionDeniedError;
  export import ConflictError = sdk.ConflictError;
  export import IdempotencyError = sdk.IdempotencyError;
  export import RateLimitError = sdk.RateLimitError;
  export import ServerError = sdk.ServerError;
  export import ConnectionError = sdk.ConnectionError;
  export import TimeoutError = sdk.TimeoutError;
  export import InvalidResponseError = sdk.InvalidResponseError;
  export import SignatureVerificationError = sdk.SignatureVerificationError;
  export import Options = sdk.Options;
  export import RequestOptions = sdk.RequestOptions;
  export import WriteOptions = sdk.WriteOptions;
  export import Payments = sdk.Payments;
  export import LoggedEvent = sdk.LoggedEvent;
  export import Events = sdk.Events;
  export import StreamParams = sdk.StreamParams;
  export import EventStream = sdk.EventStream;
  export import WebhookBody = sdk.WebhookBody;
  export import WebhookSignature = sdk.WebhookSignature;
  export import VerifyOptions = sdk.VerifyOptions;
  export import NodeRequest = sdk.NodeRequest;
  export import NodeResponse = sdk.NodeResponse;
  export import Webhooks = sdk.Webhooks;
  export import SignatureReason = sdk.SignatureReason;
  export import CompletionStatus = sdk.CompletionStatus;
  export import EventType = sdk.EventType;
  export import PaymentStatus = sdk.PaymentStatus;
  export import MetadataValue = sdk.MetadataValue;
  export import CompletePayment = sdk.CompletePayment;
  export import CreatePayment = sdk.CreatePayment;
  export import ErrorDetail = sdk.ErrorDetail;
  export import ErrorObject = sdk.ErrorObject;
  export import Event = sdk.Event;
  export import EventList = sdk.EventList;
  export import ListEvents = sdk.ListEvents;
  export import ListPayments = sdk.ListPayments;
  export import Payment = sdk.Payment;
  export import PaymentList = sdk.PaymentList;
}

export = ZenWallet;
