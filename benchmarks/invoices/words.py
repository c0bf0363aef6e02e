"""What invoices say, language by language.

Of each list the part after the bar is only used in the layouts that are kept for testing: wordings that nothing was
fitted on.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The wordings of one language, each a choice."""

    locales: tuple[str, ...]
    title: str
    credit: str
    number: str
    date: str
    due: str
    delivery: str
    order_date: str
    order: str
    customer: str
    bill_to: str
    ship_to: str
    net: str
    tax: str
    shipping: str
    total: str
    columns: str
    """Description, quantity, unit price, line total."""
    page: str
    vat: str
    register: str
    bank: str
    phone: str
    thanks: str
    terms: str
    sentence: str
    """With the number and the date inside."""
    items: str
    seller: str


LANGUAGES = {
    "en": Words(
        locales=("en_GB", "en_US"),
        title="Invoice;INVOICE;Tax Invoice|Sales Invoice;Statement of charges",
        credit="Credit Note;CREDIT MEMO|Credit",
        number="Invoice number;Invoice No.;Invoice #;Invoice no;No.;Inv. No.|Invoice ID;Document no.;Bill No;Number;Our ref.",
        date="Invoice date;Date;Date of issue;Issue date|Dated;Bill date;Issued on;Tax point;Invoice dated",
        due="Due date;Payment due;Pay by|Please pay before;Due",
        delivery="Delivery date;Shipped on|Date of supply;Dispatched",
        order_date="Order date;Ordered on|Purchase date;PO date",
        order="Order number;PO number;Order ref.|Your order;Sales order;Purchase order",
        customer="Customer number;Account no.;Client ID|Customer;Account;Your customer no.",
        bill_to="Bill to;Billed to;Invoice to;To|Customer;Sold to;Invoice address",
        ship_to="Ship to;Deliver to|Delivery address;Site address",
        net="Subtotal;Net amount;Total excl. VAT|Sub-total;Net;Goods total;Amount before tax",
        tax="VAT {rate}%;VAT ({rate}%);Tax {rate}%|Plus VAT @ {rate}%;Sales tax",
        shipping="Shipping;Postage & packing|Freight;Carriage",
        total="Total;Amount due;Total due;Grand total;Total incl. VAT;Balance due|Invoice total;Total payable;Amount payable;To pay;Total charge",
        columns="Description,Qty,Unit price,Amount;Item,Quantity,Price,Total|Service,Units,Rate,Line total;Details,Hrs,Each,Value",
        page="Page {page} of {pages}",
        vat="VAT No.;VAT Reg. No.;VAT ID|VAT;Tax ID",
        register="Company No. {n}, registered in England and Wales;Registered No. {n}",
        bank="Bank",
        phone="Tel.;Phone|T",
        thanks="Thank you for your business.;Thank you for your order!|We appreciate your custom.",
        terms="Payment within 14 days.;Please quote the invoice number with your payment.|Interest of 8% is charged on late payments.",
        sentence="Invoice {number} dated {date};Invoice no. {number} of {date}|Invoice {number}, {date};Our invoice {number} of {date}",
        items="Desk lamp;Office chair;Consulting;Cleaning service;Paper A4;Hosting plan;Bicycle tyre;Translation;Garden hose;"
        "Coffee beans 1 kg;Annual licence;Website maintenance;Printer cartridge;Hotel night;Parking;Breakfast;Data plan 20 GB",
        seller="From;Seller|Supplier;Sold by",
    ),
    "de": Words(
        locales=("de_DE",),
        title="Rechnung;RECHNUNG;Rechnung / Invoice|Faktura;Ihre Rechnung",
        credit="Gutschrift;GUTSCHRIFT|Stornorechnung",
        number="Rechnungsnummer;Rechnungs-Nr.;Rechnung Nr.;Rechnungsnr.;Nummer|Re.-Nr.;Beleg-Nr.;RG-Nr.;Belegnummer;Rechn.-Nr.",
        date="Rechnungsdatum;Datum;Belegdatum|Ausstellungsdatum;Rechnung vom;vom;Rg.-Datum",
        due="Fällig am;Zahlbar bis;Fälligkeitsdatum|Zahlungsziel;Bitte zahlen bis",
        delivery="Lieferdatum;Leistungsdatum|Liefertermin;Leistungszeitpunkt",
        order_date="Bestelldatum;Auftragsdatum|Bestellt am;Bestellung vom",
        order="Bestellnummer;Auftrags-Nr.;Auftragsnummer|Ihre Bestellung;Vorgang",
        customer="Kundennummer;Kunden-Nr.;Kd.-Nr.|Debitor;Kundenkonto;Kunde",
        bill_to="Rechnung an;Rechnungsadresse;An|Rechnungsempfänger;Auftraggeber;Kunde",
        ship_to="Lieferadresse;Lieferung an|Versandadresse;Warenempfänger",
        net="Zwischensumme;Nettobetrag;Summe netto;Gesamt netto|Netto;Warenwert;Summe ohne MwSt.",
        tax="MwSt. {rate}%;zzgl. {rate} % MwSt.;USt. {rate}%|Umsatzsteuer {rate} %;+ {rate}% Mehrwertsteuer",
        shipping="Versandkosten;Porto|Versand;Frachtkosten",
        total="Gesamtbetrag;Rechnungsbetrag;Gesamt;Summe;Zu zahlen;Endbetrag|Gesamtsumme;Bruttobetrag;Zahlbetrag;Total;Rechnungssumme",
        columns="Bezeichnung,Menge,Einzelpreis,Gesamt;Beschreibung,Anzahl,Preis,Betrag|Leistung,Std.,Satz,Summe;Artikel,Stk.,E-Preis,G-Preis",
        page="Seite {page} von {pages}",
        vat="USt-IdNr.;USt-ID|Umsatzsteuer-ID",
        register="Amtsgericht {city}, HRB {n};HRB {n}, AG {city}",
        bank="Bankverbindung",
        phone="Tel.;Telefon|Fon",
        thanks="Vielen Dank für Ihren Auftrag.;Wir danken für Ihre Bestellung!|Danke für Ihr Vertrauen.",
        terms="Zahlbar innerhalb von 14 Tagen ohne Abzug.;Bitte geben Sie die Rechnungsnummer an.|Bei Zahlung binnen 8 Tagen 2 % Skonto.",
        sentence="Rechnung Nr. {number} vom {date};Rechnung {number} vom {date}|Rechnung Nr.: {number}, {date};Ihre Rechnung {number} vom {date}",
        items="Schreibtischlampe;Bürostuhl;Beratung;Reinigung;Papier A4;Hosting-Paket;Fahrradreifen;Übersetzung;Gartenschlauch;"
        "Kaffeebohnen 1 kg;Jahreslizenz;Wartung Website;Druckerpatrone;Übernachtung;Parkplatz;Frühstück;Datentarif 20 GB",
        seller="Verkäufer;Rechnungssteller|Absender;Lieferant",
    ),
    "fr": Words(
        locales=("fr_FR",),
        title="Facture;FACTURE|Votre facture;Facture de vente",
        credit="Avoir;AVOIR|Facture d'avoir",
        number="Numéro de facture;Facture N°;N° de facture;Facture n°;N°|Référence facture;N° facture;Réf. facture;N° de document;Pièce n°",
        date="Date de facture;Date;Date de facturation|Date d'émission;Émise le;Le;Établie le",
        due="Date d'échéance;Échéance;À payer avant le|Date limite de paiement;À régler avant le",
        delivery="Date de livraison;Livré le|Date de prestation;Expédié le",
        order_date="Date de commande;Commandé le|Commande du;Date commande",
        order="N° de commande;Commande n°;Bon de commande|Votre commande;Réf. commande",
        customer="N° client;Code client;Numéro client|Identifiant client;Réf. client;Compte client",
        bill_to="Facturé à;Adresse de facturation;Destinataire|Client;Doit;Adressé à",
        ship_to="Adresse de livraison;Livré à|Lieu de livraison;Expédié à",
        net="Total HT;Montant HT;Sous-total|Total hors taxes;Base HT;Total net HT",
        tax="TVA {rate} %;TVA ({rate}%);Montant TVA|T.V.A. {rate} %;Dont TVA {rate}%",
        shipping="Frais de port;Livraison|Frais de livraison;Port",
        total="Total TTC;Net à payer;Montant TTC;Total à payer|Montant total;Somme à payer;Total;Montant à régler;Total général",
        columns="Désignation,Qté,Prix unitaire,Montant;Description,Quantité,P.U. HT,Total HT|Prestation,Nb,PU,Total;Article,Qté,Tarif,Montant HT",
        page="Page {page} / {pages}",
        vat="N° TVA;TVA intracommunautaire|N° TVA intra.",
        register="RCS {city} {n};SIRET {n}",
        bank="Banque",
        phone="Tél.;Téléphone|Tél",
        thanks="Merci de votre confiance.;Nous vous remercions de votre commande.|Merci pour votre achat.",
        terms="Paiement à 30 jours.;En cas de retard, une indemnité forfaitaire de 40 € est due.|Pas d'escompte pour paiement anticipé.",
        sentence="Facture n° {number} du {date};Facture {number} du {date}|Facture n°{number} - {date};Votre facture {number} du {date}",
        items="Lampe de bureau;Chaise de bureau;Conseil;Nettoyage;Papier A4;Hébergement web;Pneu de vélo;Traduction;Tuyau d'arrosage;"
        "Café en grains 1 kg;Licence annuelle;Maintenance du site;Cartouche d'encre;Nuit d'hôtel;Parking;Petit déjeuner;Forfait 20 Go",
        seller="Vendeur;Émetteur|Fournisseur;Vendu par",
    ),
    "nl": Words(
        locales=("nl_NL",),
        title="Factuur;FACTUUR|Verkoopfactuur;Uw factuur",
        credit="Creditnota;CREDITFACTUUR|Credit",
        number="Factuurnummer;Factuurnr.;Factuur nr.;Nummer|Factuurnr;Documentnummer;Factuur;Notanummer",
        date="Factuurdatum;Datum|Datum factuur;Uitgiftedatum;Opgesteld op",
        due="Vervaldatum;Te betalen voor|Uiterste betaaldatum;Betalen voor",
        delivery="Leverdatum;Geleverd op|Leveringsdatum;Verzonden op",
        order_date="Besteldatum;Orderdatum|Besteld op;Datum bestelling",
        order="Ordernummer;Bestelnummer|Uw order;Uw referentie",
        customer="Klantnummer;Debiteurnummer|Klantnr.;Debiteur;Klant",
        bill_to="Factuuradres;Factuur aan;Aan|Klantgegevens;Klant;Opdrachtgever",
        ship_to="Afleveradres;Bezorgadres|Leveradres;Verzendadres",
        net="Subtotaal;Totaal excl. BTW;Netto bedrag|Bedrag excl. btw;Totaal exclusief btw",
        tax="BTW {rate}%;BTW ({rate}%)|{rate}% btw;Btw-bedrag {rate}%",
        shipping="Verzendkosten;Bezorgkosten|Vracht;Portokosten",
        total="Totaal;Totaal incl. BTW;Te betalen;Totaalbedrag|Factuurbedrag;Eindtotaal;Totaal te voldoen;Totaal inclusief btw",
        columns="Omschrijving,Aantal,Prijs,Bedrag;Artikel,Aantal,Stukprijs,Totaal|Dienst,Uren,Tarief,Regelbedrag;Product,St.,Prijs p/st,Totaal",
        page="Pagina {page} van {pages}",
        vat="BTW-nummer;BTW nr.|Btw-id",
        register="KvK {n};KvK-nummer {n}",
        bank="Bank",
        phone="Tel.;Telefoon|T",
        thanks="Bedankt voor uw bestelling.;Wij danken u voor uw opdracht.|Dank voor uw vertrouwen.",
        terms="Betaling binnen 14 dagen.;Vermeld bij betaling het factuurnummer.|Bij te late betaling rekenen wij rente.",
        sentence="Factuur {number} van {date};Factuur nr. {number} d.d. {date}|Factuur {number}, {date};Uw factuur {number} van {date}",
        items="Bureaulamp;Bureaustoel;Advies;Schoonmaak;Papier A4;Hostingpakket;Fietsband;Vertaling;Tuinslang;Koffiebonen 1 kg;"
        "Jaarlicentie;Onderhoud website;Inktpatroon;Overnachting;Parkeren;Ontbijt;Databundel 20 GB",
        seller="Verkoper;Leverancier|Afzender;Verkocht door",
    ),
    "es": Words(
        locales=("es_ES",),
        title="Factura;FACTURA|Factura de venta;Su factura",
        credit="Abono;FACTURA RECTIFICATIVA|Nota de crédito",
        number="Número de factura;Nº factura;Factura Nº;Nº de factura;Número|N.º factura;Factura núm.;Nº documento;Referencia",
        date="Fecha de factura;Fecha;Fecha de emisión|Fecha factura;Fecha de expedición;Emitida el",
        due="Fecha de vencimiento;Vencimiento|Vence el;Fecha límite de pago",
        delivery="Fecha de entrega;Entregado el|Fecha de envío;Fecha operación",
        order_date="Fecha de pedido;Fecha del pedido|Pedido de;Fecha pedido",
        order="Nº de pedido;Pedido Nº|Su pedido;Orden de compra",
        customer="Nº de cliente;Código cliente|Cód. cliente;Cliente nº;Cliente",
        bill_to="Facturar a;Cliente;Datos del cliente|Destinatario;Dirección de facturación;Para",
        ship_to="Enviar a;Dirección de entrega|Dirección de envío;Entregar en",
        net="Base imponible;Subtotal;Importe neto|Total sin IVA;Neto",
        tax="IVA {rate}%;IVA ({rate}%)|Cuota IVA {rate}%;{rate}% IVA",
        shipping="Gastos de envío;Portes|Envío;Transporte",
        total="Total;Total a pagar;Importe total;Total factura|Total con IVA;A pagar;Líquido a pagar;Total general",
        columns="Descripción,Cantidad,Precio,Importe;Concepto,Uds.,Precio unitario,Total|Servicio,Horas,Tarifa,Importe;Artículo,Ud.,P. unitario,Total",
        page="Página {page} de {pages}",
        vat="NIF;CIF|NIF-IVA",
        register="Registro Mercantil de {city}, tomo {n};Inscrita en el R.M. de {city}, hoja {n}",
        bank="Banco",
        phone="Tel.;Teléfono|Tfno.",
        thanks="Gracias por su compra.;Gracias por su confianza.|Agradecemos su pedido.",
        terms="Pago a 30 días.;Indique el número de factura en su pago.|Los retrasos devengan intereses.",
        sentence="Factura {number} de {date};Factura Nº {number} de fecha {date}|Factura {number}, {date};Su factura {number} del {date}",
        items="Lámpara de mesa;Silla de oficina;Consultoría;Limpieza;Papel A4;Alojamiento web;Neumático de bicicleta;Traducción;Manguera;"
        "Café en grano 1 kg;Licencia anual;Mantenimiento web;Cartucho de tinta;Noche de hotel;Aparcamiento;Desayuno;Datos 20 GB",
        seller="Vendedor;Emisor|Proveedor;Vendido por",
    ),
}


def options(choice: str, *, unseen: bool) -> list[str]:
    """The wordings of a choice: those for fitting, or with ``unseen`` those kept apart and half of the common ones."""
    common, _, apart = choice.partition("|")
    usual = common.split(";")
    return [*usual[::2], *apart.split(";")] if unseen and apart else usual
