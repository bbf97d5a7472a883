// The pages for whoever is not logged in, as the router names them.
export { Invitation } from './invitation';
export { Login } from './login';
export { ForgotPassword, ResetPassword } from './password';
export { Setup } from './setup';
