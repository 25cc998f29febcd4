-- The warehouse of Halden Home as its own people would have built it, before anybody governed it.
CREATE SCHEMA sales;
CREATE SCHEMA support;
CREATE SCHEMA hr;
CREATE SCHEMA reporting;

CREATE TABLE sales.countries (
    code char(2) PRIMARY KEY,
    name text NOT NULL,
    region text NOT NULL
);
COMMENT ON TABLE sales.countries IS 'Where we deliver to.';

CREATE TABLE sales.customers (
    id integer PRIMARY KEY,
    full_name text NOT NULL,
    email text NOT NULL UNIQUE,
    phone text,
    birth_date date,
    street text,
    city text,
    country char(2) NOT NULL REFERENCES sales.countries (code),
    region text NOT NULL,
    iban text,
    loyalty_tier text NOT NULL,
    lifetime_eur numeric(10, 2) NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE sales.customers IS 'One row for each person who ever ordered.';
COMMENT ON COLUMN sales.customers.iban IS 'For refunds.';

CREATE TABLE sales.products (
    id integer PRIMARY KEY,
    sku text NOT NULL UNIQUE,
    name text NOT NULL,
    category text NOT NULL,
    price_eur numeric(8, 2) NOT NULL
);

CREATE TABLE sales.orders (
    id integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES sales.customers (id),
    ordered_at timestamptz NOT NULL,
    status text NOT NULL,
    region text NOT NULL,
    items smallint NOT NULL,
    total_eur numeric(9, 2) NOT NULL
);
CREATE INDEX ON sales.orders (customer_id);
COMMENT ON TABLE sales.orders IS 'Orders, cancelled ones included.';

CREATE TABLE sales.payments (
    id integer NOT NULL,
    order_id integer NOT NULL REFERENCES sales.orders (id),
    paid_at timestamptz NOT NULL,
    method text NOT NULL,
    card_number text,
    payer_iban text,
    amount_eur numeric(9, 2) NOT NULL,
    PRIMARY KEY (id, paid_at)
) PARTITION BY RANGE (paid_at);
COMMENT ON TABLE sales.payments IS 'Payments as the provider reports them, a partition for each quarter.';

CREATE TABLE support.tickets (
    id integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES sales.customers (id),
    opened_at timestamptz NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    incident_count smallint NOT NULL DEFAULT 0,
    resolved boolean NOT NULL
);
COMMENT ON COLUMN support.tickets.body IS 'What the customer wrote.';

CREATE TABLE hr.employees (
    id integer PRIMARY KEY,
    full_name text NOT NULL,
    work_email text NOT NULL UNIQUE,
    department text NOT NULL,
    date_of_birth date NOT NULL,
    salary_eur numeric(9, 2) NOT NULL,
    hired_on date NOT NULL
);

-- A report that runs with its owner's rights: whoever may read it reads past any rule on customers.
CREATE VIEW reporting.customer_contacts AS
    SELECT c.id, c.full_name, c.email, c.region, count(o.id) AS orders
    FROM sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.id
    GROUP BY c.id, c.full_name, c.email, c.region;

CREATE VIEW reporting.revenue_by_month AS
    SELECT date_trunc('month', ordered_at) AS month, region, sum(total_eur) AS revenue_eur
    FROM sales.orders WHERE status <> 'cancelled' GROUP BY 1, 2;
