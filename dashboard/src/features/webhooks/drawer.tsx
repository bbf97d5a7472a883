export function DeliveryDrawer() {
  return <h1>DeliveryDrawer</h1>;
}
