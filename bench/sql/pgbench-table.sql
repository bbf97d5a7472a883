-- What every insert touches: a primary key, a unique public id, a foreign key, and the index that lists need.
create table apps (id uuid primary key, name varchar(255), api_key varchar(255) unique);
create table payments (
  id uuid primary key, payment_id varchar(50) unique, app_id uuid references apps(id), amount decimal(15,2),
  currency varchar(10), status varchar(20), reference_id varchar(255), description text, metadata jsonb,
  webhook_url text, payment_url text, qr_code text, transaction_id uuid,
  created_at timestamptz, expires_at timestamptz, completed_at timestamptz);
create index payments_app on payments (app_id, created_at desc);
insert into apps values (gen_random_uuid(), 'bench', 'sk_test_bench');
