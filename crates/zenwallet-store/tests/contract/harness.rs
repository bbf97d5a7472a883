//! A fresh database of either kind with a store over it, and what a test needs to look behind the store.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use zenwallet_core::app::{ApiKey, App, Environment, SecretKey};
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::event::Event;
use zenwallet_core::id::{AppId, Id, IdSource, Kind, PaymentId};
use zenwallet_core::metadata::Metadata;
use zenwallet_core::money::{Amount, Currency};
use zenwallet_core::payment::{Action, Payment, Status};
use zenwallet_core::time::{Clock, ManualClock, Timestamp};
use zenwallet_store::{
    Command, Committed, Leasing, Outcome, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Statements,
    Store, StoreError, Surroundings,
};
use zenwallet_testing::TempDir;
use zenwallet_testing::postgres::Server;

/// 2026-01-26T10:35:00Z.
pub(crate) const START: Timestamp = Timestamp::from_ms(1_769_423_700_000);
/// How long the payments of [`Harness::payment`] live.
pub(crate) const LIFETIME_MS: i64 = 1_800_000;
/// Longer than any commit here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which database, and where it is.
enum Database {
    Sqlite(TempDir),
    Postgres { name: String, statements: Statements },
}

/// A store over a database of its own, with a clock that the test moves.
pub(crate) struct Harness {
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    pub(crate) ids: Arc<IdSource>,
    database: Database,
}

/// Where users, what they own and what they did are kept.
const PEOPLES_TABLES: [&str; 10] = [
    "instance",
    "user_account",
    "recovery_code",
    "link",
    "session",
    "refresh_token",
    "audit",
    "app",
    "api_key",
    "app_log",
];

/// A row as text, by column.
pub(crate) type TextRow = BTreeMap<String, Option<String>>;

impl Harness {
    pub(crate) async fn sqlite() -> Self {
        let harness = Self::over(Database::Sqlite(TempDir::new("contract").unwrap())).await;
        harness.store.migrate().await.unwrap();
        harness
    }

    pub(crate) async fn postgres(statements: Statements) -> Self {
        let name = Server::shared().create_database(None).await.unwrap();
        let harness = Self::over(Database::Postgres { name, statements }).await;
        harness.store.migrate().await.unwrap();
        harness
    }

    /// Another database of the same kind, without a schema.
    pub(crate) async fn empty(&self) -> Self {
        Self::over(match &self.database {
            Database::Sqlite(_) => Database::Sqlite(TempDir::new("contract").unwrap()),
            Database::Postgres { statements, .. } => Database::Postgres {
                name: Server::shared().create_database(None).await.unwrap(),
                statements: *statements,
            },
        })
        .await
    }

    async fn over(database: Database) -> Self {
        let (clock, ids) = (ManualClock::new(START), Arc::new(IdSource::seeded(1)));
        let store = open(&database, &clock, &ids, 100_000, 256, Leasing::default()).await;
        Self { store, clock, ids, database }
    }

    /// Runs a case to its end, then removes the database. After a failed case it stays.
    pub(crate) async fn run(self, case: impl AsyncFnOnce(&Self)) {
        case(&self).await;
        self.end().await;
    }

    pub(crate) async fn end(self) {
        self.store.close().await;
        if let Database::Postgres { name, .. } = &self.database {
            Server::shared().drop_database(name).await.unwrap();
        }
    }

    /// Another node on the same database.
    pub(crate) async fn another_node(&self) -> Store {
        self.node(100_000, 256).await
    }

    /// Another node with limits of its own.
    pub(crate) async fn node(&self, queue_max: usize, batch_max: usize) -> Store {
        open(&self.database, &self.clock, &self.ids, queue_max, batch_max, Leasing::default()).await
    }

    /// Another node that delivers webhooks.
    pub(crate) async fn delivering_node(&self, leasing: Leasing) -> Store {
        open(&self.database, &self.clock, &self.ids, 100_000, 256, leasing).await
    }

    /// Each way to spell a statement that the two databases do not share.
    pub(crate) fn either<T>(&self, sqlite: T, postgres: T) -> T {
        match self.database {
            Database::Sqlite(_) => sqlite,
            Database::Postgres { .. } => postgres,
        }
    }

    /// Runs SQL behind the store's back; the rows, each value as text.
    pub(crate) async fn sql(&self, sql: &str) -> Vec<TextRow> {
        match &self.database {
            Database::Sqlite(dir) => sqlite_rows(dir, sql),
            Database::Postgres { name, .. } => {
                let rows = Server::shared().query(name, sql).await.unwrap();
                rows.into_iter().map(|row| row.into_iter().collect()).collect()
            }
        }
    }

    /// Runs SQL behind the store's back that the database must refuse; its reason.
    pub(crate) async fn refused_sql(&self, sql: &str) -> String {
        match &self.database {
            Database::Sqlite(dir) => {
                let connection = rusqlite::Connection::open(dir.path().join("zenwallet.db")).unwrap();
                connection.execute_batch(sql).unwrap_err().to_string()
            }
            Database::Postgres { name, .. } => {
                let error = Server::shared().query(name, sql).await.unwrap_err();
                error.as_db_error().unwrap().message().to_owned()
            }
        }
    }

    /// Every row of the tables that people change, to see that a refusal changed none.
    pub(crate) async fn everything(&self) -> Vec<(&'static str, Vec<TextRow>)> {
        let mut all = Vec::new();
        for table in PEOPLES_TABLES {
            let mut rows = self.sql(&format!("SELECT * FROM {table}")).await;
            rows.sort();
            all.push((table, rows));
        }
        all
    }

    /// Every row is what it was.
    pub(crate) async fn expect_unchanged(&self, before: &[(&'static str, Vec<TextRow>)], after: &str) {
        for ((table, before), (_, now)) in before.iter().zip(self.everything().await) {
            let new: Vec<_> = now.iter().filter(|row| !before.contains(row)).collect();
            let gone: Vec<_> = before.iter().filter(|row| !now.contains(row)).collect();
            assert!(new.is_empty() && gone.is_empty(), "after {after}, in {table}: {gone:?} became {new:?}");
        }
    }

    /// An id as this database's tables spell it.
    pub(crate) fn spelled<K: Kind>(&self, id: Id<K>) -> String {
        self.either(id.to_string()[K::PREFIX.len()..].to_owned(), id.uuid().to_string())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn set_clock(&self, at: Timestamp) {
        self.clock.advance_ms(at.as_ms() - self.now().as_ms());
    }

    /// An app and its first key, remembered.
    pub(crate) async fn app(&self) -> AppId {
        let (app, key) = self.new_app();
        self.store.create_app(&app, &key, None, &[]).await.unwrap();
        app.id
    }

    /// An app and its first key.
    pub(crate) fn new_app(&self) -> (App, ApiKey) {
        let app = App {
            id: self.ids.next(self.now()),
            name: "Arcade".to_owned(),
            environment: Environment::Test,
            webhook_secret_sealed: vec![1, 2, 3],
            owner_user_id: None,
            rate_limit_per_s: None,
            created_at: self.now(),
            is_active: true,
            monthly_payments_max: None,
            deleted_at: None,
        };
        let key = self.new_key(app.id);
        (app, key)
    }

    pub(crate) fn new_key(&self, app_id: AppId) -> ApiKey {
        let secret = SecretKey::generate(&self.ids, Environment::Test);
        ApiKey {
            id: self.ids.next(self.now()),
            app_id,
            hash: secret.hash(),
            hint: secret.hint(),
            name: None,
            created_at: self.now(),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
            last_used_address: None,
        }
    }

    /// An enabled endpoint for the final events, not yet remembered.
    pub(crate) fn endpoint(&self, app_id: AppId, url: &str) -> Endpoint {
        Endpoint::new(self.ids.next(self.now()), app_id, url.to_owned(), self.now())
    }

    /// A pending payment of now, not yet remembered.
    pub(crate) fn payment(&self, app_id: AppId) -> Payment {
        let now = self.now();
        Payment {
            id: self.ids.next(now),
            app_id,
            amount: Amount::from_minor(1_250).unwrap(),
            currency: Currency::parse("COINS").unwrap(),
            status: Status::Pending,
            reference_id: None,
            description: None,
            metadata: Metadata::default(),
            webhook_url: None,
            return_url: None,
            created_at: now,
            expires_at: now.plus_ms(LIFETIME_MS),
            completed_at: None,
            transaction_id: None,
            failure_code: None,
            notes: None,
        }
    }

    /// A pending payment of now, remembered.
    pub(crate) async fn created(&self, app_id: AppId) -> Payment {
        let payment = self.payment(app_id);
        assert_eq!(self.commit(create(&payment)).await.unwrap().outcome, Outcome::Created);
        payment
    }

    pub(crate) fn succeed(&self) -> Action {
        Action::Succeed { transaction_id: self.ids.next(self.now()), notes: Some("thanks".to_owned()) }
    }

    pub(crate) async fn commit(&self, command: Command) -> Result<Committed, StoreError> {
        self.store.commit(command).await
    }

    /// The payment as stored.
    pub(crate) async fn found(&self, id: PaymentId) -> Payment {
        self.store.find_payment_of_any_app(id).await.unwrap().unwrap()
    }

    /// An app's whole log, whose numbers have no gap and whose ids are all different.
    pub(crate) async fn log(&self, app_id: AppId) -> Vec<Event> {
        let mut log = Vec::new();
        loop {
            let page = self.store.list_events(app_id, log.len().try_into().unwrap(), 1_000).await.unwrap();
            if page.is_empty() {
                break;
            }
            log.extend(page);
        }
        for (event, place) in log.iter().zip(1..) {
            assert_eq!((event.seq, event.app_id), (place, app_id));
        }
        let ids: HashSet<_> = log.iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), log.len(), "two events share an id");
        log
    }
}

async fn open(
    database: &Database,
    clock: &ManualClock,
    ids: &Arc<IdSource>,
    queue_max: usize,
    batch_max: usize,
    leasing: Leasing,
) -> Store {
    let clock = Clock::Manual(clock.clone());
    let surroundings = Surroundings { clock, ids: Arc::clone(ids), queue_max, batch_max, leasing };
    match database {
        Database::Sqlite(dir) => {
            let path = dir.path().join("zenwallet.db");
            let options = SqliteOptions { path, read_connections: 2, commit_timeout: PATIENCE };
            Store::Sqlite(SqliteStore::open(options, surroundings).await.unwrap())
        }
        Database::Postgres { name, statements } => {
            let options = PostgresOptions {
                url: Server::shared().url(name),
                read_connections: 2,
                statements: *statements,
                connect_timeout: PATIENCE,
                acquire_timeout: PATIENCE,
                commit_timeout: PATIENCE,
            };
            Store::Postgres(PostgresStore::open(options, surroundings).await.unwrap())
        }
    }
}

fn sqlite_rows(dir: &TempDir, sql: &str) -> Vec<TextRow> {
    use rusqlite::types::ValueRef;
    let connection = rusqlite::Connection::open(dir.path().join("zenwallet.db")).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    };
    let mut rows = statement.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let values = names.iter().enumerate().map(|(index, name)| (name.clone(), text(row.get_ref(index).unwrap())));
        all.push(values.collect());
    }
    all
}

/// The command that remembers a payment.
pub(crate) fn create(payment: &Payment) -> Command {
    Command::CreatePayment { payment: Box::new(payment.clone()), claim: None }
}

/// The command that lets an action happen to a payment of an app.
pub(crate) fn settle(payment: &Payment, action: Action) -> Command {
    Command::SettlePayment { app_id: Some(payment.app_id), payment_id: payment.id, action, claim: None }
}

/// Randomness that a failing test repeats.
pub(crate) struct Dice(IdSource);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(IdSource::seeded(seed))
    }

    /// A number below `end`.
    pub(crate) fn below(&self, end: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        (u64::from_be_bytes(bytes) % end as u64) as usize
    }

    /// Yes, once in so many times.
    pub(crate) fn once_in(&self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T>(&self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    pub(crate) fn shuffle<T>(&self, all: &mut [T]) {
        for end in (2..=all.len()).rev() {
            all.swap(self.below(end), end - 1);
        }
    }
}
