//! The coded values of consent scopes and access events.
//!
//! Each code keeps its number for ever; new codes are appended. The client maps published vocabularies onto these.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A value in a dimension of a consent scope.
pub trait Value: Copy + Ord {
	/// The first `most` values in their order, or all where there are fewer.
	fn first(most: u32) -> impl Iterator<Item = Self>;

	/// How a report shows the value.
	fn label(self) -> Label;
}

/// How a report shows a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
	/// By its published code.
	Code(&'static str),
	/// By the country with this ISO 3166-1 numeric code.
	Country(u16),
	/// By the name of the member with this number.
	Member(u32),
}

/// Declares an enumeration in which each value has a published code.
macro_rules! coded {
	(
		$(#[$doc:meta])*
		$name:ident { $( $(#[$variant_doc:meta])* $index:literal $variant:ident $code:literal ),+ $(,)? }
	) => {
		$(#[$doc])*
		#[derive(
			Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
			Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
			serde::Serialize, serde::Deserialize,
		)]
		pub enum $name {
			$( $(#[$variant_doc])* #[codec(index = $index)] #[serde(rename = $code)] $variant, )+
		}

		impl $name {
			/// Every value, in the order of their numbers.
			pub const ALL: &'static [Self] = &[ $( Self::$variant ),+ ];

			/// The published code.
			pub const fn code(self) -> &'static str {
				match self { $( Self::$variant => $code ),+ }
			}

			/// The value with this published code; none when the ledger does not know the code.
			pub fn from_code(code: &str) -> Option<Self> {
				Self::ALL.iter().copied().find(|value| value.code() == code)
			}
		}

		impl Value for $name {
			fn first(most: u32) -> impl Iterator<Item = Self> {
				(0..most).zip(Self::ALL).map(|(_, value)| *value)
			}

			fn label(self) -> Label {
				Label::Code(self.code())
			}
		}

		impl core::fmt::Display for $name {
			fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
				formatter.pad(self.code())
			}
		}
	};
}

coded! {
	/// Why data is used: HL7 v3 PurposeOfUse (`http://terminology.hl7.org/CodeSystem/v3-ActReason`).
	///
	/// At HL7 the codes form a tree ([`Purpose::parent`]). A scope names each purpose that it allows: allowing one
	/// purpose never implies another.
	Purpose {
		/// Treatment.
		0 Treatment "TREAT",
		/// Emergency treatment.
		1 EmergencyTreatment "ETREAT",
		/// Break the glass: access in an emergency beyond the usual authority.
		2 BreakTheGlass "BTG",
		/// Decision support in care, including model inference for a patient.
		3 DecisionSupport "TREATDS",
		/// Coordination of care.
		4 CoordinationOfCare "COC",
		/// Healthcare operations.
		5 Operations "HOPERAT",
		/// Quality improvement.
		6 QualityImprovement "HQUALIMP",
		/// Healthcare payment.
		7 Payment "HPAYMT",
		/// Healthcare marketing.
		8 Marketing "HMARKT",
		/// At the patient's request.
		9 PatientRequest "PATRQT",
		/// At the request of the patient's family.
		10 FamilyRequest "FAMRQT",
		/// Public health.
		11 PublicHealth "PUBHLTH",
		/// Population health.
		12 PopulationHealth "POPHLTH",
		/// Healthcare research.
		13 Research "HRESCH",
		/// Biomedical research.
		14 BiomedicalResearch "BIORCH",
		/// Clinical trial research.
		15 ClinicalTrial "CLINTRCH",
		/// Clinical trial research with patient care.
		16 ClinicalTrialWithCare "CLINTRCHPC",
		/// Clinical trial research without patient care.
		17 ClinicalTrialWithoutCare "CLINTRCHNPC",
		/// Preclinical trial research.
		18 PreclinicalTrial "PRECLINTRCH",
		/// Disease specific research.
		19 DiseaseSpecificResearch "DSRCH",
		/// Population origins or ancestry research.
		20 AncestryResearch "POARCH",
		/// Translational research.
		21 TranslationalResearch "TRANSRCH",
		/// Training of machine-learning models.
		22 ModelTraining "MLTRAINING",
	}
}

impl Purpose {
	/// The purpose under which HL7 lists this one; none at the top.
	///
	/// Source: the hierarchy of the HL7 v3 value set PurposeOfUse. Machine-learning training has no parent among these
	/// codes: consent to research alone does not allow it.
	pub const fn parent(self) -> Option<Self> {
		use Purpose::*;
		Some(match self {
			EmergencyTreatment | BreakTheGlass | DecisionSupport | CoordinationOfCare => Treatment,
			QualityImprovement => Operations,
			PopulationHealth => Treatment,
			BiomedicalResearch
			| ClinicalTrial
			| PreclinicalTrial
			| DiseaseSpecificResearch
			| AncestryResearch
			| TranslationalResearch => Research,
			ClinicalTrialWithCare | ClinicalTrialWithoutCare => ClinicalTrial,
			_ => return None,
		})
	}

	/// Whether this is `ancestor` or listed anywhere below it.
	pub fn is_or_under(self, ancestor: Self) -> bool {
		self == ancestor || self.parent().is_some_and(|parent| parent.is_or_under(ancestor))
	}
}

coded! {
	/// What is done with the data: the actions of ODRL 2.2 and of the International Data Spaces, and those of FHIR
	/// `Consent.provision.action` that concern the record itself.
	Operation {
		/// Look at the data.
		0 Read "read",
		/// Gather new data about the subject.
		1 Collect "collect",
		/// Change the record.
		2 Correct "correct",
		/// Remove the data.
		3 Delete "delete",
		/// Add labels.
		4 Annotate "annotate",
		/// Fit a model.
		5 Train "train",
		/// Measure a model.
		6 Evaluate "evaluate",
		/// Apply a model.
		7 Infer "infer",
		/// Reduce to statistics of groups.
		8 Aggregate "aggregate",
		/// Make synthetic data from it.
		9 Synthesise "synthesise",
		/// Join with other data about the same subjects.
		10 Link "link",
		/// Copy the data out of the hospital.
		11 Export "export",
		/// Give the data to a third party.
		12 Share "share",
	}
}

coded! {
	/// What kind of organisation receives the data: GA4GH DUO modifiers NPU (`DUO:0000045`) and NCU (`DUO:0000046`).
	RecipientClass {
		/// Not for profit.
		0 NonProfit "non-profit",
		/// For profit.
		1 Commercial "commercial",
	}
}

/// Where the data is used: a country by its ISO 3166-1 numeric code, 1 to 999.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	serde::Serialize,
	serde::Deserialize,
)]
pub struct Region(pub u16);

impl Value for Region {
	fn first(most: u32) -> impl Iterator<Item = Self> {
		(0..most).zip(1..=999).map(|(_, code)| Self(code))
	}

	fn label(self) -> Label {
		Label::Country(self.0)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;

	#[test]
	fn codes_keep_their_numbers() {
		for (number, purpose) in (0u8..).zip(Purpose::ALL) {
			assert_eq!(purpose.encode(), [number], "{purpose}");
			assert_eq!(Purpose::from_code(purpose.code()), Some(*purpose));
		}
		assert_eq!(Purpose::ModelTraining.encode(), [22]);
		assert_eq!(Operation::Share.encode(), [12]);
		assert_eq!(RecipientClass::Commercial.encode(), [1]);
		assert_eq!(Region(276).encode(), [20, 1]);
	}

	#[test]
	fn research_includes_its_kinds_but_not_model_training() {
		assert!(Purpose::ClinicalTrialWithCare.is_or_under(Purpose::Research));
		assert!(!Purpose::ModelTraining.is_or_under(Purpose::Research));
		assert!(!Purpose::Research.is_or_under(Purpose::ClinicalTrial));
	}

	#[test]
	fn an_unknown_code_is_not_guessed() {
		assert_eq!(Purpose::from_code("treat"), None);
		assert_eq!(Operation::from_code(""), None);
	}
}
