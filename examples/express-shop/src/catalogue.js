/** Prices are whole COINS; an icon is the path of a line drawing, 24 by 24. */
export const CATALOGUE = [
  {
    id: 'concert',
    name: 'Event Ticket',
    about: 'One evening, two bands, a seat by the window.',
    price: 500,
    icon: 'M3 9V6h18v3a3 3 0 0 0 0 6v3H3v-3a3 3 0 0 0 0-6zM14 6v2m0 3v2m0 3v2',
  },
  {
    id: 'coffee',
    name: 'Ten Coffees',
    about: 'A card for the bar. It never expires.',
    price: 120,
    icon: 'M4 9h13v6a5 5 0 0 1-5 5H9a5 5 0 0 1-5-5zM17 10h1a3 3 0 0 1 0 6h-1M8 3v3m5-3v3',
  },
  {
    id: 'skin',
    name: 'Dragon Skin',
    about: 'Your character, but with scales.',
    price: 950,
    icon: 'M12 3 4 6v6c0 4 3 7 8 9 5-2 8-5 8-9V6zM8 9a2 2 0 0 0 4 0 2 2 0 0 0 4 0M10 13a2 2 0 0 0 4 0',
  },
  {
    id: 'course',
    name: 'Piano, Week One',
    about: 'Seven lessons that end with a real song.',
    price: 1500,
    icon: 'M3 5h18v14H3zM9 12v7m6-7v7M7 5v7h4V5m2 0v7h4V5',
  },
];
