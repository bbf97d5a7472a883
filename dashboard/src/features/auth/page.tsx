export function Login() {
  return null;
}
export function Setup() {
  return null;
}
export function Invitation() {
  return null;
}
export function ForgotPassword() {
  return null;
}
export function ResetPassword() {
  return null;
}
