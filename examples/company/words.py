"""The words that the demo company's rows are made of."""

COUNTRIES = (
    ("DE", "Germany", "EU"),
    ("FR", "France", "EU"),
    ("NL", "Netherlands", "EU"),
    ("SE", "Sweden", "EU"),
    ("ES", "Spain", "EU"),
    ("GB", "United Kingdom", "UK"),
    ("NO", "Norway", "NORDIC"),
    ("CH", "Switzerland", "ALPS"),
)
COUNTRY_WEIGHTS = (24, 16, 10, 8, 9, 18, 7, 8)
CITIES = {
    "DE": ("Hamburg", "Leipzig", "Köln", "Freiburg"),
    "FR": ("Lyon", "Nantes", "Lille", "Rennes"),
    "NL": ("Utrecht", "Groningen", "Breda"),
    "SE": ("Uppsala", "Malmö", "Lund"),
    "ES": ("Valencia", "Bilbao", "Gijón"),
    "GB": ("Leeds", "Bristol", "Glasgow", "Cardiff"),
    "NO": ("Bergen", "Trondheim"),
    "CH": ("Basel", "Bern", "Luzern"),
}
PHONE_PREFIXES = {
    "DE": "+49 151 2",
    "FR": "+33 6 1",
    "NL": "+31 6 1",
    "SE": "+46 70 ",
    "ES": "+34 61",
    "GB": "+44 770",
    "NO": "+47 4",
    "CH": "+41 79 ",
}
IBANS = {
    "DE": "DE37040044nnnnnnnnnn",
    "FR": "FR2004101005nnnnnnnnnnn06",
    "NL": "NLABNAnnnnnnnnnn",
    "SE": "SE500nnnnnnnnnnnnnnnnn",
    "GB": "GBNWBK601613nnnnnnnn",
    "CH": "CH00762nnnnnnnnnnnn",
}
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")
FIRST_NAMES = (
    "Ada", "Aino", "Amir", "Anouk", "Birgit", "Bruno", "Carla", "Chloé", "Dafne", "Edda",
    "Elif", "Emil", "Farid", "Femke", "Greta", "Hanna", "Hugo", "Ida", "Ines", "Ivo",
    "Jonas", "Julia", "Kaja", "Klara", "Lars", "Leila", "Luís", "Maja", "Marek", "Mira",
    "Nadia", "Noah", "Olga", "Otto", "Paula", "Pieter", "Quentin", "Rosa", "Samir", "Signe",
    "Sofia", "Tariq", "Thea", "Ulla", "Vera", "Viktor", "Wim", "Xenia", "Yara", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Adler", "Andersen", "Bakker", "Becker", "Bergström", "Blanc", "Brandt", "Castillo",
    "Costa", "Dahl", "Duarte", "Ekholm", "Farah", "Fischer", "Fontaine", "Garnier", "Girard",
    "Hansen", "Haugen", "Hofer", "Ibáñez", "Iversen", "Jansen", "Keller", "Kowalski", "Lang",
    "Lehto", "Lindqvist", "Marchand", "Meier", "Moreau", "Nyberg", "Okafor", "Olsen", "Pérez",
    "Quist", "Reyes", "Roux", "Sandberg", "Schmid", "Silva", "Sørensen", "Tanaka", "Thorsen",
    "Ulrich", "Varga", "Visser", "Vogel", "Weber", "Zimmer",
)  # fmt: skip
ASCII = str.maketrans("áäåçéëíñóöøúüèõ", "aaaceeinooouueo")
STREETS = (
    "Kirchweg", "Rue des Tilleuls", "Lindengracht", "Storgatan", "Calle Mayor", "Mill Lane",
    "Fjordveien", "Seestrasse", "Alte Gasse", "Quai du Port",
)  # fmt: skip
LINES = ("Halden", "Brekke", "Lysning", "Vinter", "Sund", "Torv", "Elvegren")
PRODUCTS = {
    "chairs": ("armchair", "dining chair", "stool", "rocking chair"),
    "tables": ("dining table", "side table", "desk", "console"),
    "storage": ("shelf", "sideboard", "wardrobe", "chest"),
    "light": ("floor lamp", "pendant", "reading lamp"),
    "textiles": ("rug", "curtain", "throw"),
}
DEPARTMENTS = ("Sales", "Support", "Logistics", "Finance", "Data", "People", "Design")
COMPLAINTS = (
    ("Scratched table top", "The table came with a long scratch across the top."),
    ("Where is my order?", "It was promised for Tuesday and the tracking stopped in Hanover."),
    ("Wrong colour", "I ordered the oak shelf and received walnut."),
    ("Refund missing", "You took the chairs back three weeks ago, the money has not arrived."),
    ("Missing screws", "The bag with the long screws was not in the box."),
    ("Change of address", "I am moving next month, my new address is Kirchweg 12."),
    ("Thank you", "The armchair is lovely, my mother reads in it every evening."),
    ("Invoice for my employer", "I need the invoice made out to my employer."),
    ("Back pain", "After my surgery I cannot carry parcels, can the driver bring it upstairs?"),
    ("Cancel please", "I ordered twice by mistake, please cancel the second one."),
)
