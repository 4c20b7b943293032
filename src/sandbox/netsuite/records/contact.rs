//! Contacts as records.

use super::shape::{Form, Property, Shape};

/// What a contact is made of.
pub(super) const SHAPE: Shape = Shape {
    table: "contact",
    external: "sim_externalid",
    permission: "Lists -> Contacts",
    properties: &[PROPERTIES],
    custom: "custentity",
    parts: &[],
};

const PROPERTIES: &[Property] = &[
    ("r.sim_externalid", "externalId", Form::Text),
    ("r.entityid", "entityId", Form::Text),
    ("r.firstname", "firstName", Form::Text),
    ("r.middlename", "middleName", Form::Text),
    ("r.lastname", "lastName", Form::Text),
    ("r.title", "title", Form::Text),
    ("r.company", "company", Form::Reference("contact", "company")),
    ("r.email", "email", Form::Text),
    ("r.phone", "phone", Form::Text),
    ("r.mobilephone", "mobilePhone", Form::Text),
    ("r.isinactive", "isInactive", Form::Flag),
    ("r.datecreated", "dateCreated", Form::Moment),
    ("r.lastmodifieddate", "lastModifiedDate", Form::Moment),
];
