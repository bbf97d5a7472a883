export function PaymentDrawer() {
  return <h1>PaymentDrawer</h1>;
}
