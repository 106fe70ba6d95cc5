"""What is asked of Shopify's GraphQL Admin API, all in one place: each document names the fields that are read.

Sizes keep the cost of a document well under the 1,000 points that one may ask for.
"""

MONEY = "fragment Money on MoneyBag { shopMoney { amount } }"

ORDER = (
    MONEY
    + """
fragment Order on Order {
  id name createdAt updatedAt cancelledAt closed note discountCode
  currencyCode presentmentCurrencyCode taxesIncluded
  displayFinancialStatus displayFulfillmentStatus
  currentTotalPriceSet { ...Money }
  currentTotalTaxSet { ...Money }
  currentShippingPriceSet { ...Money }
  totalReceivedSet { ...Money }
  totalRefundedSet { ...Money }
  email phone
  customer {
    legacyResourceId displayName
    defaultEmailAddress { emailAddress }
    defaultPhoneNumber { phoneNumber }
  }
  shippingAddress { name phone company address1 address2 city province provinceCode zip countryCodeV2 }
  shippingLine { title }
  paymentCollectionDetails { additionalPaymentCollectionUrl }
  cancellation { staffNote }
  lineItems(first: 50) { nodes { ...Line } pageInfo { hasNextPage endCursor } }
  transactions(first: 30) {
    id kind status gateway formattedGateway paymentId processedAt
    amountSet { ...Money }
    parentTransaction { id }
  }
  refunds(first: 30) {
    id note createdAt
    totalRefundedSet { ...Money }
  }
  fulfillments(first: 20) {
    status createdAt inTransitAt deliveredAt estimatedDeliveryAt displayStatus
    trackingInfo(first: 5) { company number }
    events(first: 20, sortKey: HAPPENED_AT) { nodes { happenedAt status message city country } }
  }
}
fragment Line on LineItem {
  id sku title variantTitle currentQuantity unfulfilledQuantity
  variant { id legacyResourceId sku }
  originalUnitPriceSet { ...Money }
}
"""
)

# A page of changed orders: small, since each holds lists of its own.
ORDERS = (
    ORDER
    + """
query Orders($query: String, $after: String) {
  orders(first: 3, query: $query, after: $after, sortKey: UPDATED_AT) {
    nodes { ...Order }
    pageInfo { hasNextPage endCursor }
  }
}
"""
)

ORDER_BY_ID = ORDER + "query Order($id: ID!) { order(id: $id) { ...Order } }"

MORE_LINES = (
    MONEY
    + ORDER[ORDER.index("fragment Line") :]
    + """
query Lines($id: ID!, $after: String) {
  order(id: $id) {
    lineItems(first: 100, after: $after) { nodes { ...Line } pageInfo { hasNextPage endCursor } }
  }
}
"""
)

# By number; `mark` is where the desk has written down what it did to the order (see marks.py).
FIND_ORDER = (
    ORDER
    + """
query Find($query: String!, $namespace: String!, $key: String!) {
  orders(first: 5, query: $query) {
    nodes {
      ...Order
      mark: metafield(namespace: $namespace, key: $key) { jsonValue compareDigest updatedAt }
    }
  }
}
"""
)

FULFILMENT_ORDERS = """
query FulfillmentOrders($id: ID!) {
  order(id: $id) {
    fulfillmentOrders(first: 20) {
      nodes {
        id status
        assignedLocation { location { id } }
        fulfillmentHolds { id handle heldByRequestingApp }
      }
    }
  }
}
"""

PRODUCT = """
fragment Product on Product {
  id title productType status onlineStoreUrl updatedAt
  featuredMedia { preview { image { url } } }
  variants(first: 50) { nodes { ...Variant } pageInfo { hasNextPage endCursor } }
}
fragment Variant on ProductVariant { legacyResourceId sku title price inventoryQuantity }
"""

PRODUCTS = (
    PRODUCT
    + """
query Products($query: String, $after: String) {
  shop { currencyCode }
  products(first: 5, query: $query, after: $after, sortKey: UPDATED_AT) {
    nodes { ...Product }
    pageInfo { hasNextPage endCursor }
  }
}
"""
)

PRODUCT_BY_ID = PRODUCT + "query Product($id: ID!) { shop { currencyCode } product(id: $id) { ...Product } }"

MORE_VARIANTS = (
    PRODUCT[PRODUCT.index("fragment Variant") :]
    + """
query Variants($id: ID!, $after: String) {
  product(id: $id) {
    variants(first: 100, after: $after) { nodes { ...Variant } pageInfo { hasNextPage endCursor } }
  }
}
"""
)

VARIANT_BY_SKU = """
query VariantBySku($query: String!) {
  productVariants(first: 10, query: $query) { nodes { id sku product { status } } }
}
"""

CHECK = """
query Check {
  shop { name currencyCode }
  currentAppInstallation { accessScopes { handle } }
}
"""

MARK = """
mutation Mark($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { metafields { compareDigest } userErrors { code message } }
}
"""

SET_ADDRESS = """
mutation SetAddress($input: OrderInput!) {
  orderUpdate(input: $input) { order { id updatedAt } userErrors { message } }
}
"""

# Since 2026-04 a refund has to be asked for with a key; one that comes again is the same refund.
REFUND = """
mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { message } }
}
"""

CANCEL = """
mutation Cancel($id: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $note: String!) {
  orderCancel(
    orderId: $id
    reason: $reason
    restock: $restock
    staffNote: $note
    notifyCustomer: false
    refundMethod: { originalPaymentMethodsRefund: true }
  ) {
    job { id done }
    userErrors: orderCancelUserErrors { message }
  }
}
"""

JOB = "query Job($id: ID!) { job(id: $id) { done } }"

EDIT_BEGIN = """
mutation EditBegin($id: ID!) {
  orderEditBegin(id: $id) {
    calculatedOrder {
      id
      shippingLines { id title stagedStatus }
      lineItems(first: 250) { nodes { id sku quantity editableQuantity variant { legacyResourceId sku } } }
    }
    userErrors { message }
  }
}
"""

EDIT_DROP_SHIPPING = """
mutation EditDropShipping($id: ID!, $line: ID!) {
  orderEditRemoveShippingLine(id: $id, shippingLineId: $line) { userErrors { message } }
}
"""

EDIT_ADD_SHIPPING = """
mutation EditAddShipping($id: ID!, $shipping: OrderEditAddShippingLineInput!) {
  orderEditAddShippingLine(id: $id, shippingLine: $shipping) { userErrors { message } }
}
"""

EDIT_QUANTITY = """
mutation EditQuantity($id: ID!, $line: ID!, $quantity: Int!) {
  orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $quantity, restock: true) {
    userErrors { message }
  }
}
"""

EDIT_ADD_VARIANT = """
mutation EditAddVariant($id: ID!, $variant: ID!, $quantity: Int!) {
  orderEditAddVariant(id: $id, variantId: $variant, quantity: $quantity, allowDuplicates: true) {
    userErrors { message }
  }
}
"""

EDIT_COMMIT = """
mutation EditCommit($id: ID!, $note: String!) {
  orderEditCommit(id: $id, staffNote: $note, notifyCustomer: false) {
    order { id }
    userErrors { message }
  }
}
"""

HOLD = """
mutation Hold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) { userErrors { code message } }
}
"""

RELEASE = """
mutation Release($id: ID!, $holds: [ID!]!) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) { userErrors { message } }
}
"""

CUSTOMER_BY_EMAIL = """
query CustomerByEmail($email: String!) {
  customerByIdentifier(identifier: { emailAddress: $email }) { id }
}
"""

COUPON_BY_CODE = """
query CouponByCode($code: String!) {
  codeDiscountNodeByCode(code: $code) {
    id
    codeDiscount {
      __typename
      ... on DiscountCodeBasic {
        title status usageLimit asyncUsageCount endsAt updatedAt
        customerGets {
          value {
            __typename
            ... on DiscountAmount { amount { amount } }
            ... on DiscountPercentage { percentage }
          }
        }
      }
    }
  }
}
"""

CREATE_COUPON = """
mutation CreateCoupon($input: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $input) {
    codeDiscountNode { id }
    userErrors { code message }
  }
}
"""

END_COUPON = """
mutation EndCoupon($id: ID!) {
  discountCodeDeactivate(id: $id) { codeDiscountNode { id } userErrors { message } }
}
"""
