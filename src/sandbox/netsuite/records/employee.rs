//! Employees as records.

use super::shape::{Form, Property, Shape};

/// What an employee is made of.
pub(super) const SHAPE: Shape = Shape {
    table: "employee",
    external: "externalid",
    permission: "Lists -> Employees",
    properties: &[PROPERTIES],
    custom: "custentity",
    parts: &[],
};

const PROPERTIES: &[Property] = &[
    ("r.externalid", "externalId", Form::Text),
    ("r.entityid", "entityId", Form::Text),
    ("r.firstname", "firstName", Form::Text),
    ("r.lastname", "lastName", Form::Text),
    ("r.email", "email", Form::Text),
    ("r.issalesrep", "isSalesRep", Form::Flag),
    ("r.supervisor", "supervisor", Form::Reference("employee", "supervisor")),
    ("r.subsidiary", "subsidiary", Form::Reference("employee", "subsidiary")),
    ("r.department", "department", Form::Reference("employee", "department")),
    ("r.isinactive", "isInactive", Form::Flag),
    ("r.lastmodifieddate", "lastModifiedDate", Form::Moment),
];
